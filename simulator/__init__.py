"""The practice market: an exchange on loopback that speaks Alpaca's protocol, REST and websockets."""
