//! JSON as a tree that borrows from its line: names and texts without escapes cost no memory, and names are looked for where
//! they stand, in order. A line is as long as its record may be, and `serde_json` allows 128 levels, so a tree is bounded.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Node<'a> {
    #[default]
    Null,
    Bool(bool),
    /// A whole number that is not negative.
    Count(u64),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// The object that a line is, if it is one.
pub(crate) fn object(line: &str) -> Option<Node<'_>> {
    serde_json::from_str::<Node<'_>>(line).ok().filter(|node| matches!(node, Node::Object(_)))
}

impl<'a> Node<'a> {
    /// What stands under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.pairs().iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// What stands under names within names, `a.b`; a name with the points in it is found too, as some writers flatten.
    pub(crate) fn at(&self, path: &str) -> Option<&Node<'a>> {
        if let Some(node) = self.get(path) {
            return Some(node);
        }
        let mut from = 0;
        while let Some(point) = path.get(from..)?.find('.').map(|point| from + point) {
            if let Some(inner) = self.get(path.get(..point)?)
                && let Some(found) = inner.at(path.get(point + 1..)?)
            {
                return Some(found);
            }
            from = point + 1;
        }
        None
    }

    /// The names and values of an object; none of anything else.
    pub(crate) fn pairs(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        if let Self::Object(pairs) = self { pairs } else { &[] }
    }

    /// The items of a list; the value itself where it is none.
    pub(crate) fn items(&self) -> &[Node<'a>] {
        if let Self::List(items) = self { items } else { std::slice::from_ref(self) }
    }

    /// A text, or a number or truth as text; `None` for everything else, and for an empty text.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Text(text) if !text.is_empty() => Cow::Borrowed(text),
            Self::Count(number) => Cow::Owned(number.to_string()),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => Cow::Owned(number.to_string()),
            Self::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            _ => return None,
        })
    }

    /// A number, also one that is written as text.
    pub(crate) fn count(&self) -> Option<u64> {
        match self {
            Self::Count(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A text's bytes under a path; empty where there are none.
    pub(crate) fn bytes(&self, path: &str) -> &[u8] {
        match self.at(path) {
            Some(Self::Text(text)) => text.as_bytes(),
            _ => &[],
        }
    }

    /// A number under a path.
    pub(crate) fn number(&self, path: &str) -> Option<u64> {
        self.at(path)?.count()
    }
}

struct Key<'a>(Cow<'a, str>);
struct KeyVisitor;
struct NodeVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(KeyVisitor)
    }
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Count(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(u64::try_from(number).map_or(Node::Int(number), Node::Count))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Node::Float(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Key(key), node)) = from.next_entry()? {
            pairs.push((key, node));
        }
        Ok(Node::Object(pairs))
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NodeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_borrows_what_has_no_escapes() {
        let line = r#"{"a":{"b":"c","d\n":"e\\"},"f.g":7,"h":[1,"x",null],"i":-3}"#;
        let node = object(line).expect("an object");
        assert!(matches!(node.at("a.b"), Some(Node::Text(Cow::Borrowed("c")))));
        assert_eq!(node.at("a.d\n").and_then(Node::text).as_deref(), Some("e\\"));
        assert_eq!((node.number("f.g"), node.number("i")), (Some(7), None));
        assert_eq!(node.get("h").map_or(0, |list| list.items().len()), 3);
        assert!(object("[1]").is_none() && object(&"[".repeat(100_000)).is_none());
    }
}
