//! Lists, page by page.

use std::collections::BTreeSet;

use serde_json::Value;
use terrace_model::Driver;

use super::Session;
use crate::call::{Call, Reply};
use crate::error::{ApiError, ApiErrorKind};
use crate::page::Page;
use crate::paging;
use crate::wire::Wire;

/// A list whose pages stay empty this often while it goes on is not a list.
const EMPTY_PAGES: usize = 3;
/// How often a list is begun.
const ATTEMPTS: usize = 3;

impl Session {
    /// Reads a list to its end, page by page, and decodes its items in order.
    pub async fn all<T: Wire>(&self, call: Call) -> Result<Vec<T>, ApiError> {
        Ok(self.in_pages(call).await?.into_iter().flatten().collect())
    }

    /// The same, page by page as it came: a long list is not moved as it grows. It is begun anew
    /// where it cannot go on.
    pub async fn in_pages<T: Wire>(&self, call: Call) -> Result<Vec<Vec<T>>, ApiError> {
        let mut attempt = 1;
        loop {
            let mut pages = Vec::new();
            let mut keep = |mut page: Vec<T>| {
                page.shrink_to_fit();
                pages.push(page);
            };
            let Err(error) = self.pages(call.clone(), &mut keep).await else { return Ok(pages) };
            if attempt == ATTEMPTS || pages.is_empty() || !has_lost_its_place(&error) {
                return Err(error);
            }
            attempt += 1;
        }
    }

    /// Reads a list to its end, and gives away the items of each page as soon as it is there, so
    /// that no more of a long list is in memory than is needed of it.
    pub async fn pages<T: Wire>(
        &self,
        call: Call,
        take: &mut (dyn FnMut(Vec<T>) + Send),
    ) -> Result<(), ApiError> {
        self.decoded(call, usize::MAX, take).await.map(drop)
    }

    /// Reads the first page of a list, and tells whether there is more.
    pub async fn first_page<T: Wire>(&self, call: Call) -> Result<(Vec<T>, bool), ApiError> {
        let mut items = Vec::new();
        let more = self.decoded(call, 1, &mut |page| items = page).await?;
        Ok((items, more))
    }

    async fn decoded<T: Wire>(
        &self,
        call: Call,
        most: usize,
        take: &mut (dyn FnMut(Vec<T>) + Send),
    ) -> Result<bool, ApiError> {
        let mut call = self.suited(call).await?;
        call.unread = self.driver() == Driver::OpenStack;
        let asked = call.clone();
        let mut decode = |reply: &mut Reply| {
            let items = self.items(&asked, reply)?;
            let count = items.len();
            take(items);
            Ok(count)
        };
        self.read_pages(call, T::MANY, most, &mut decode).await
    }

    /// Takes the items out of a page, read from its text if there is one.
    fn items<T: Wire>(&self, call: &Call, reply: &mut Reply) -> Result<Vec<T>, ApiError> {
        let text = std::mem::take(&mut reply.text);
        if let Some(page) = Page::read(&text) {
            reply.body = page.rest;
            return Ok(page.items);
        }
        self.channel.read(reply, &text, Some(&self.current().secret), call)?;
        let decoded = |item: Value| {
            // Nova wraps each keypair of its list once more.
            let inner = item.get(T::ONE).filter(|inner| inner.is_object()).cloned();
            serde_json::from_value(inner.unwrap_or(item)).map_err(|error| {
                ApiError::new(ApiErrorKind::Protocol, &call.origin())
                    .with_message(format!("cannot read `{}`: {error}", T::NAME))
            })
        };
        listed(reply, T::MANY)?.into_iter().map(decoded).collect()
    }

    /// Reads the list under `key` to its end, page by page; the order is kept.
    pub async fn list(&self, call: Call, key: &str) -> Result<Vec<Value>, ApiError> {
        let mut items = Vec::new();
        let mut keep = |reply: &mut Reply| {
            let page = listed(reply, key)?;
            let count = page.len();
            items.extend(page);
            Ok(count)
        };
        let call = self.suited(call).await?;
        self.read_pages(call, key, usize::MAX, &mut keep).await?;
        Ok(items)
    }

    /// Reads pages until there are no more, or that many were read, and tells whether there is more.
    /// The items of each are taken as it comes, which tells how many they are.
    async fn read_pages(
        &self,
        mut call: Call,
        key: &str,
        most: usize,
        take: &mut (dyn FnMut(&mut Reply) -> Result<usize, ApiError> + Send),
    ) -> Result<bool, ApiError> {
        let mut seen = BTreeSet::new();
        let mut empty = 0;
        loop {
            seen.insert(call.query.clone());
            let mut reply = self.call(call.clone()).await?;
            let count = take(&mut reply)?;
            let next = paging::next_query(&call, &reply.body, key, count)
                .map_err(|problem| reply.malformed(problem))?;
            empty = if count == 0 { empty + 1 } else { 0 };
            let Some(query) = next else { return Ok(false) };
            if seen.len() >= most {
                return Ok(true);
            }
            if seen.contains(&query) {
                return Err(reply.malformed("the list goes in a circle: a page comes again"));
            }
            if empty >= EMPTY_PAGES {
                return Err(reply.malformed("the list goes on, but its pages are empty"));
            }
            call.query = query;
        }
    }
}

/// Whether somebody deleted what the next page was to begin after: Neutron does not find it, and
/// Nova does not like it.
fn has_lost_its_place(error: &ApiError) -> bool {
    let of_marker = || error.message().to_ascii_lowercase().contains("marker");
    error.is_not_found() || (error.status() == Some(400) && of_marker())
}

/// The items of a page, taken out of its body.
fn listed(reply: &mut Reply, key: &str) -> Result<Vec<Value>, ApiError> {
    match reply.body.get_mut(key).map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(reply.malformed(format!("the body has no list `{key}`"))),
    }
}
