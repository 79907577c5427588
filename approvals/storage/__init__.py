"""The drawer: tables, the SQL store and the policy file. Implements the ports that operations own."""
