-- The journal as it was before it had a version, made by that program; with `id BIGSERIAL` for PostgreSQL.
CREATE TABLE order_intents (
	client_order_id VARCHAR(128) NOT NULL,
	account_id VARCHAR(64) NOT NULL,
	session VARCHAR(64) NOT NULL,
	fields TEXT NOT NULL,
	denials TEXT NOT NULL,
	reserved VARCHAR(64) NOT NULL,
	ts_wall BIGINT NOT NULL,
	PRIMARY KEY (client_order_id)
);
CREATE TABLE orders (
	client_order_id VARCHAR(128) NOT NULL,
	account_id VARCHAR(64) NOT NULL,
	order_id VARCHAR(64) NOT NULL,
	symbol VARCHAR(32) NOT NULL,
	side VARCHAR(8) NOT NULL,
	type VARCHAR(32) NOT NULL,
	qty VARCHAR(64) NOT NULL,
	limit_price VARCHAR(64),
	stop_price VARCHAR(64),
	time_in_force VARCHAR(16) NOT NULL,
	state VARCHAR(32) NOT NULL,
	filled_qty VARCHAR(64) NOT NULL,
	filled_avg_price VARCHAR(64),
	reason TEXT NOT NULL,
	external BOOLEAN NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (client_order_id)
);
CREATE INDEX orders_by_state ON orders (account_id, state);
CREATE TABLE trades (
	id INTEGER NOT NULL,
	account_id VARCHAR(64) NOT NULL,
	execution_id VARCHAR(128) NOT NULL,
	client_order_id VARCHAR(128) NOT NULL,
	order_id VARCHAR(64) NOT NULL,
	symbol VARCHAR(32) NOT NULL,
	side VARCHAR(8) NOT NULL,
	qty VARCHAR(64) NOT NULL,
	price VARCHAR(64) NOT NULL,
	cum_qty VARCHAR(64) NOT NULL,
	ts_event BIGINT NOT NULL,
	ts_wall BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT one_fill_an_execution UNIQUE (account_id, execution_id)
);
CREATE TABLE positions (
	account_id VARCHAR(64) NOT NULL,
	symbol VARCHAR(32) NOT NULL,
	qty VARCHAR(64) NOT NULL,
	cost VARCHAR(64) NOT NULL,
	realized VARCHAR(64) NOT NULL,
	PRIMARY KEY (account_id, symbol)
);
CREATE TABLE bot_state (
	account_id VARCHAR(64) NOT NULL,
	name VARCHAR(64) NOT NULL,
	value TEXT NOT NULL,
	ts_wall BIGINT NOT NULL,
	PRIMARY KEY (account_id, name)
);
CREATE TABLE commands (
	id INTEGER NOT NULL,
	account_id VARCHAR(64) NOT NULL,
	name VARCHAR(64) NOT NULL,
	arguments TEXT NOT NULL,
	result TEXT,
	ts_wall BIGINT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE wishes (
	symbol VARCHAR(32) NOT NULL,
	holder VARCHAR(64) NOT NULL,
	ts_wall BIGINT NOT NULL,
	PRIMARY KEY (symbol, holder)
);
CREATE TABLE audit (
	id INTEGER NOT NULL,
	account_id VARCHAR(64) NOT NULL,
	what VARCHAR(64) NOT NULL,
	details TEXT NOT NULL,
	ts_wall BIGINT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE changes (
	id INTEGER NOT NULL,
	account_id VARCHAR(64) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	"key" VARCHAR(128) NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO order_intents VALUES ('td-old', 'account-1', 'page', '[]', '[]', '1000', 1);
INSERT INTO orders VALUES ('td-old', 'account-1', 'B-1', 'AAPL', 'buy', 'limit', '10', '100.10', NULL, 'gtc', 'filled', '10', '100.05', '', false, 1000, 2000);
INSERT INTO orders VALUES ('elsewhere', 'account-1', 'B-2', 'MSFT', 'sell', 'stop', '5', NULL, '90', 'day', 'new', '0', NULL, '', true, 3000, 3000);
INSERT INTO trades (account_id, execution_id, client_order_id, order_id, symbol, side, qty, price, cum_qty, ts_event, ts_wall) VALUES ('account-1', 'x-1', 'td-old', 'B-1', 'AAPL', 'buy', '10', '100.05', '10', 7, 8);
INSERT INTO positions VALUES ('account-1', 'AAPL', '10', '1000.50', '0');
INSERT INTO bot_state VALUES ('desk', 'kill_switch', '{"on": true, "by": "by the button"}', 5);
INSERT INTO wishes VALUES ('SPY', 'page', 6);
INSERT INTO changes (account_id, kind, "key") VALUES ('account-1', 'order', 'td-old');
