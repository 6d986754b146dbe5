"""WHAT is on the screen: the ids and, a file a panel, the component trees and figures. Nothing here reads data."""
