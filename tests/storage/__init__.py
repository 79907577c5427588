"""The store, through its port: units in, durable rows and answers out."""
