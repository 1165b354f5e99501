//! The credentials file of NATS: a user's JWT and the seed of its key, each between a line that
//! begins it and one that ends it. What stands around them is for people.

const JWT: &str = "NATS USER JWT";
const SEED: &str = "USER NKEY SEED";

/// The JWT and the seed. `None`: it does not hold both.
pub(crate) fn parse(text: &str) -> Option<(&str, &str)> {
    Some((section(text, JWT)?, section(text, SEED)?))
}

/// The one line between `-----BEGIN name-----` and `------END name------`, in which the number of
/// dashes varies with the tool that wrote it.
fn section<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .skip_while(|line| marker(line, "BEGIN ") != Some(name))
        .skip(1)
        .filter(|line| !line.is_empty());
    let content = lines.next().filter(|line| !line.starts_with("---"))?;
    (marker(lines.next()?, "END ") == Some(name)).then_some(content)
}

fn marker<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let inner = line.strip_prefix("---")?.strip_suffix("---")?;
    inner.trim_matches('-').strip_prefix(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nsc_writes_is_read() {
        let text = "-----BEGIN NATS USER JWT-----\r\neyJ0.x-y\r\n------END NATS USER JWT------\r\n\r\n\
            ************************* IMPORTANT *************************\r\n\
            NKEY Seed printed below can be used to sign and prove identity.\r\n\r\n\
            -----BEGIN USER NKEY SEED-----\r\nSUAX\r\n------END USER NKEY SEED------\r\n";
        assert_eq!(parse(text), Some(("eyJ0.x-y", "SUAX")));
    }

    #[test]
    fn what_lacks_a_part_is_not() {
        for text in [
            "",
            "SUAX",
            "-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------\n",
            "-----BEGIN USER NKEY SEED-----\nSUAX\n------END USER NKEY SEED------\n",
            "-----BEGIN NATS USER JWT-----\n------END NATS USER JWT------\n\
             -----BEGIN USER NKEY SEED-----\nSUAX\n------END USER NKEY SEED------\n",
            "-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\nSUAX\n",
            "---\n------\n-----BEGIN",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
