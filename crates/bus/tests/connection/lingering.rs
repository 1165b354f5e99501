//! Messages that may wait for company: they all come, in order, and by themselves.

use crate::scripted::{Script, within};

#[tokio::test]
async fn what_lingers_leaves_by_itself() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    for number in 0..100 {
        let body = format!("{number}");
        connection
            .publish_lingering("a", None, None, body.as_bytes())
            .unwrap();
        if number % 2 == 0 {
            // Every other one is alone when the task goes to sleep, and nothing follows the last.
            let (_, came) = peer.publish().await;
            assert_eq!(came, body);
        } else if number < 99 {
            connection
                .publish_lingering("b", None, None, b"with it")
                .unwrap();
            assert_eq!(peer.publish().await.1, body);
            assert_eq!(peer.publish().await.1, "with it");
        }
    }
    assert_eq!(peer.publish().await.1, "99");
}

#[tokio::test]
async fn what_may_not_wait_overtakes_nothing() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    for round in 0..50 {
        let first = connection.publish_lingering("a", None, None, b"may wait");
        let second = connection.publish("b", None, None, b"may not");
        assert_eq!((first, second), (Ok(()), Ok(())), "{round}");
        assert_eq!(peer.publish().await.1, "may wait");
        assert_eq!(peer.publish().await.1, "may not");
    }
}

#[tokio::test]
async fn a_close_leaves_nothing_behind() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    connection
        .publish_lingering("a", None, None, b"first")
        .unwrap();
    assert_eq!(peer.publish().await.1, "first");
    connection
        .publish_lingering("a", None, None, b"last")
        .unwrap();
    let serve = async {
        assert_eq!(peer.publish().await.1, "last");
        assert_eq!(peer.line().await, "PING");
        peer.send("PONG\r\n").await;
    };
    within("the close", async {
        tokio::join!(connection.close(), serve)
    })
    .await;
}
