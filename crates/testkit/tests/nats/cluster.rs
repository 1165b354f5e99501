//! Three servers of one cluster on this machine.

use aegis_testkit::{NatsServer, WITH_SYSTEM_ACCOUNT};

pub(crate) struct Cluster {
    nodes: Vec<NatsServer>,
}

impl Cluster {
    /// `None`: there is no nats-server here.
    pub(crate) fn start() -> Option<Cluster> {
        let first = NatsServer::start(&config(0, None))?;
        let route = first.cluster_port();
        let mut nodes = vec![first];
        for number in 1..3 {
            nodes.push(NatsServer::start(&config(number, route))?);
        }
        Some(Cluster { nodes })
    }

    /// The servers, the one with this number first.
    pub(crate) fn servers_from(&self, first: usize) -> String {
        let count = self.nodes.len();
        let urls = (0..count).map(|offset| self.nodes[(first + offset) % count].url());
        urls.collect::<Vec<_>>().join(",")
    }

    /// A node that is none of these.
    pub(crate) fn name_beside(&self, names: &[&str]) -> String {
        let mut others = (0..self.nodes.len()).map(|number| format!("n{number}"));
        let other = others.find(|name| !names.contains(&name.as_str()));
        other.expect("a third node")
    }

    pub(crate) fn node_named(&mut self, name: &str) -> Option<&mut NatsServer> {
        let number: usize = name.strip_prefix('n')?.parse().ok()?;
        self.nodes.get_mut(number)
    }
}

fn config(number: usize, route: Option<u16>) -> String {
    let routes = route.map_or(String::new(), |port| format!("nats://127.0.0.1:{port}"));
    format!(
        "server_name: n{number}\n\
         http: \"127.0.0.1:-1\"\n\
         lame_duck_duration: \"10m\", lame_duck_grace_period: \"5m\"\n\
         cluster {{ name: aegis, listen: \"127.0.0.1:-1\", routes: [ {routes} ] }}\n\
         {WITH_SYSTEM_ACCOUNT}"
    )
}
