//! Checks that open a store a second time.

use super::basic::expect_empty;
use super::{Chain, Factory, Outcome, block, ensure, expect_blocks, expect_log, root, why};
use crate::storage::{Durability, LogContents, Storage};

/// Closes `store` and opens it again; `None` if the backend keeps nothing.
async fn reopened(
    factory: &dyn Factory,
    store: Box<dyn Storage>,
) -> Result<Option<Box<dyn Storage>>, String> {
    store.close().await.map_err(why)?;
    drop(store);
    factory.reopen().await.map_err(why)
}

async fn end(store: Box<dyn Storage>) -> Outcome {
    store.close().await.map_err(why)?;
    Ok(true)
}

pub async fn everything_is_there_after_reopening(factory: &dyn Factory) -> Outcome {
    let store = factory.fresh().await.map_err(why)?;
    let blocks: Vec<_> =
        [0, 1, 5_000, 200_000].into_iter().zip(1..).map(|(length, n)| block(n, length)).collect();
    let mut chain = Chain::default();
    store.write_blocks(blocks.clone()).await.map_err(why)?;
    store.append_log(chain.grow(&[100, 0, 70_000]), Durability::Strict).await.map_err(why)?;
    store.append_log(chain.grow(&[100]), Durability::Relaxed).await.map_err(why)?;
    store.write_root(root(1, 300)).await.map_err(why)?;
    store.write_root(root(2, 200)).await.map_err(why)?;
    let usage = store.usage().await.map_err(why)?;
    let Some(store) = reopened(factory, store).await? else { return Ok(false) };
    expect_blocks(&*store, &blocks).await?;
    expect_log(&*store, 1, chain.contents(1, 1)).await?;
    ensure!(store.read_root().await.map_err(why)? == Some(root(2, 200)), "the root changed");
    let found = store.usage().await.map_err(why)?;
    ensure!(
        (found.blocks, found.block_bytes, found.log_bytes)
            == (usage.blocks, usage.block_bytes, usage.log_bytes),
        "it used {usage:?}, now {found:?}"
    );
    store.write_root(root(3, 1)).await.map_err(why)?;
    end(store).await
}

pub async fn drops_and_deletions_last(factory: &dyn Factory) -> Outcome {
    let store = factory.fresh().await.map_err(why)?;
    let blocks: Vec<_> = (1..=6).map(|number| block(number, 3_000)).collect();
    let mut chain = Chain::default();
    store.write_blocks(blocks.clone()).await.map_err(why)?;
    store.append_log(chain.grow(&[50; 9]), Durability::Strict).await.map_err(why)?;
    store.flush().await.map_err(why)?;
    store.delete_blocks(blocks[..4].iter().map(|(id, _)| *id).collect()).await.map_err(why)?;
    store.drop_log(6).await.map_err(why)?;
    let Some(store) = reopened(factory, store).await? else { return Ok(false) };
    expect_blocks(&*store, &blocks[4..]).await?;
    expect_log(&*store, 6, chain.contents(6, 6)).await?;
    end(store).await
}

pub async fn space_is_used_again(factory: &dyn Factory) -> Outcome {
    let mut store = factory.fresh().await.map_err(why)?;
    let mut number = 0;
    let mut largest = 0;
    let mut blocks = Vec::new();
    for round in 0..12 {
        let new: Vec<_> = (0..10)
            .map(|_| {
                number += 1;
                block(number, 8_000 + (number as usize * 1_237) % 9_000)
            })
            .collect();
        store.write_blocks(new.clone()).await.map_err(why)?;
        store.flush().await.map_err(why)?;
        let old = std::mem::replace(&mut blocks, new);
        store.delete_blocks(old.into_iter().map(|(id, _)| id).collect()).await.map_err(why)?;
        store.flush().await.map_err(why)?;
        largest = largest.max(store.usage().await.map_err(why)?.total_bytes);
        if round % 4 == 3 {
            let Some(again) = reopened(factory, store).await? else { return Ok(false) };
            store = again;
        }
        expect_blocks(&*store, &blocks).await?;
    }
    // Two generations live at once, at most 170 kB each, and room for records of the backend's own.
    ensure!(largest < 600_000, "150 kB of live blocks occupied {largest} bytes");
    store.delete_blocks(blocks.iter().map(|(id, _)| *id).collect()).await.map_err(why)?;
    store.flush().await.map_err(why)?;
    let usage = store.usage().await.map_err(why)?;
    ensure!(usage.block_bytes == 0 && usage.total_bytes < 100_000, "an empty store uses {usage:?}");
    end(store).await
}

pub async fn a_log_goes_on_after_reopening(factory: &dyn Factory) -> Outcome {
    let mut store = factory.fresh().await.map_err(why)?;
    let mut chain = Chain::default();
    for round in 1..=4 {
        store.append_log(chain.grow(&[500_000, 10]), Durability::Strict).await.map_err(why)?;
        // Everything but the last frame, and in the end everything: the chain still has to go on.
        let below = if round == 4 { u64::MAX } else { round * 2 };
        store.drop_log(below).await.map_err(why)?;
        let Some(again) = reopened(factory, store).await? else { return Ok(false) };
        store = again;
        let from = below.min(chain.end.sequence + 1);
        expect_log(&*store, from, chain.contents(from, 1)).await?;
    }
    store.append_log(chain.grow(&[3]), Durability::Strict).await.map_err(why)?;
    expect_log(&*store, 9, chain.contents(9, 9)).await?;
    end(store).await
}

pub async fn a_cleared_store_is_new_after_reopening(factory: &dyn Factory) -> Outcome {
    let store = factory.fresh().await.map_err(why)?;
    store.write_blocks(vec![block(1, 9_000)]).await.map_err(why)?;
    store.append_log(Chain::default().grow(&[10, 10]), Durability::Strict).await.map_err(why)?;
    store.write_root(root(1, 10)).await.map_err(why)?;
    store.clear().await.map_err(why)?;
    let Some(store) = reopened(factory, store).await? else { return Ok(false) };
    expect_empty(&*store).await?;
    let mut chain = Chain::default();
    store.append_log(chain.grow(&[10]), Durability::Strict).await.map_err(why)?;
    store.write_root(root(1, 30)).await.map_err(why)?;
    let Some(store) = reopened(factory, store).await? else { return Ok(false) };
    expect_log(&*store, 1, chain.contents(1, 1)).await?;
    ensure!(store.read_root().await.map_err(why)? == Some(root(1, 30)), "the root changed");
    end(store).await
}

pub async fn what_was_acknowledged_survives_the_owner(factory: &dyn Factory) -> Outcome {
    let store = factory.fresh().await.map_err(why)?;
    let blocks = [block(1, 9_000), block(2, 100)];
    let mut chain = Chain::default();
    store.write_blocks(blocks.to_vec()).await.map_err(why)?;
    store.append_log(chain.grow(&[10, 20]), Durability::Strict).await.map_err(why)?;
    store.flush().await.map_err(why)?;
    store.write_root(root(1, 10)).await.map_err(why)?;
    store.append_log(chain.grow(&[30, 40]), Durability::Strict).await.map_err(why)?;
    drop(store);
    let Some(store) = factory.reopen_dropped().await.map_err(why)? else { return Ok(false) };
    expect_blocks(&*store, &blocks).await?;
    let expected: LogContents = chain.contents(1, 1);
    expect_log(&*store, 1, expected).await?;
    ensure!(store.read_root().await.map_err(why)? == Some(root(1, 10)), "the root changed");
    end(store).await
}
