"""The drawer: tables, SQL store and policy file; implements the ports operations own."""
