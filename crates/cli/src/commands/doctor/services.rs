//! Which services can be called, and which instances get no calls.

use aegis_client::{InstanceEntry, ServiceEntry};

use super::finding::Finding;

const CHECK: &str = "service";

/// Most instances that one line names.
const NAMED: usize = 3;

/// All services in one line if all is well, else a line for each that is not.
pub(super) fn look(services: &[(ServiceEntry, Vec<InstanceEntry>)]) -> Vec<Finding> {
    let troubled: Vec<Finding> = services
        .iter()
        .filter_map(|(service, instances)| one(service, instances))
        .collect();
    if troubled.is_empty() {
        let instances: usize = services.iter().map(|(_, instances)| instances.len()).sum();
        let saw = format!(
            "{} known, {instances} instances, all routable",
            services.len()
        );
        return vec![Finding::ok(CHECK, saw)];
    }
    troubled
}

fn one(service: &ServiceEntry, instances: &[InstanceEntry]) -> Option<Finding> {
    let kept_out: Vec<&InstanceEntry> = instances.iter().filter(|it| !it.routable).collect();
    let finding = if instances.is_empty() {
        Finding::warning(CHECK, "no instance of it is registered any more")
            .todo("start one if it is still called")
    } else if kept_out.is_empty() {
        return None;
    } else if kept_out.len() == instances.len() {
        Finding::problem(CHECK, format!("no routable instance: {}", named(&kept_out))).todo(
            format!(
                "`aegis instance ls {}`; calls to it fail until one is",
                service.name
            ),
        )
    } else {
        let (out, all) = (kept_out.len(), instances.len());
        Finding::warning(
            CHECK,
            format!("{out} of {all} not routable: {}", named(&kept_out)),
        )
        .todo(format!(
            "`aegis instance info {} INSTANCE` has the evidence",
            service.name
        ))
    };
    Some(finding.about(&*service.name))
}

fn named(instances: &[&InstanceEntry]) -> String {
    let mut words: Vec<String> = instances
        .iter()
        .take(NAMED)
        .map(|it| format!("{} ({})", it.instance, why(it)))
        .collect();
    if instances.len() > NAMED {
        words.push(format!("{} more", instances.len() - NAMED));
    }
    words.join(", ")
}

/// Why it gets no calls, in as few words as there are.
fn why(instance: &InstanceEntry) -> String {
    if let Some(word) = &instance.operator {
        return format!("the operator said {word}");
    }
    if instance.ejected_for_ms > 0 {
        return format!("ejected for {} ms", instance.ejected_for_ms);
    }
    if instance.lifecycle == "draining" {
        return "draining".to_owned();
    }
    let evidence = instance.evidence.as_ref().unwrap_or(&instance.reason);
    format!("{}: {evidence}", instance.health)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn instance(id: &str, routable: bool) -> InstanceEntry {
        InstanceEntry {
            instance: id.to_owned(),
            health: "suspect".to_owned(),
            reason: "late".to_owned(),
            routable,
            ..InstanceEntry::default()
        }
    }

    #[test]
    fn a_service_without_a_routable_instance_is_a_problem() {
        let service = ServiceEntry {
            name: "orders".to_owned(),
            ..ServiceEntry::default()
        };
        for (instances, expected) in [
            (vec![instance("a", true)], Verdict::Ok),
            (
                vec![instance("a", true), instance("b", false)],
                Verdict::Warning,
            ),
            (vec![instance("b", false)], Verdict::Problem),
            (vec![], Verdict::Warning),
        ] {
            let found = look(&[(service.clone(), instances.clone())]);
            assert_eq!(found.len(), 1);
            assert_eq!(found.first().unwrap().verdict, expected, "{instances:?}");
        }
        let found = one(&service, &[instance("b", false)]).unwrap();
        assert!(found.saw.contains("b (suspect: late)"), "{found:?}");
    }
}
