"""What prints as the JDK prints: certificates, dates in its time zones, the order of its hash tables.

What Java reads, and what it makes of it, is in `readers.java`; the text of a field or extension is made there, too, as
Java's own classes read and print in one.
"""
