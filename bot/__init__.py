"""The doors of the gateway and its composition root; everything that touches the outside world."""
