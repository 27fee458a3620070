"""What can be done with stores. Pure: stores and certificates in, a new store and a frozen report out."""
