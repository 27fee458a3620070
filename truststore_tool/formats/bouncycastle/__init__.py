"""The stores of Bouncy Castle: BCFKS, BKS and UBER."""
