"""The JDK's own stores, JKS and JCEKS, and their parts: key protection, serialized objects, modified UTF-8."""
