"""Security cases by their ids, on whole gateways: what no single part's tests can show."""
