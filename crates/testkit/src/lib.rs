//! Start routers, brokers and toy services on free ports, and wait for conditions.
