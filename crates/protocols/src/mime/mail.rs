//! A whole mail (RFC 5322, RFC 2045): entities within entities, fed line by line.

use super::part::{Boundary, Content, DEPTH_MAX, Header, Part};
use super::token;

/// What is told of a mail as it is read.
pub trait MailEvents {
    /// An entity begins.
    fn begin(&mut self);
    /// A header of the innermost entity.
    fn header(&mut self, header: &Header<'_>);
    /// Decoded bytes of the innermost entity's body.
    fn data(&mut self, data: &[u8]);
    /// The innermost entity ends.
    fn end(&mut self);
    /// Entities nest too deep: the next one is read as part of its parent.
    fn too_deep(&mut self, depth: usize);
}

/// A mail being read. The innermost entity is the last of the stack.
#[derive(Debug)]
pub struct Mail {
    parts: Vec<Part>,
}

impl Mail {
    /// A mail begins.
    pub fn new(events: &mut dyn MailEvents) -> Self {
        events.begin();
        Self { parts: vec![Part::new(None)] }
    }

    /// The next line; `breaks` where a line break followed it.
    pub fn deliver(&mut self, line: &[u8], breaks: bool, events: &mut dyn MailEvents) {
        let mut level = 0;
        while let Some(part) = self.parts.get(level).filter(|part| !part.ended) {
            if part.in_header {
                return self.header_line(level, line, events);
            }
            if !part.holds_parts() {
                return self.parts[level].decode(line, breaks, &mut |data| events.data(data));
            }
            match part.boundary(line) {
                Boundary::None => level += 1,
                Boundary::Next => {
                    self.end_children(level, events);
                    return self.begin_child(level, events);
                }
                Boundary::Last => {
                    self.end_children(level, events);
                    return self.end(level, events);
                }
            }
        }
    }

    /// Nothing more comes.
    pub fn done(&mut self, events: &mut dyn MailEvents) {
        self.end(0, events);
    }

    fn header_line(&mut self, level: usize, line: &[u8], events: &mut dyn MailEvents) {
        match line.first() {
            None | Some(0) => {
                self.finish_header(level, events);
                self.parts[level].in_header = false;
                if self.parts[level].content == Content::Message {
                    self.begin_child(level, events);
                }
            }
            Some(b' ' | b'\t') if self.parts[level].header_waits() => {
                self.parts[level].fold_header(line);
            }
            Some(_) => {
                self.finish_header(level, events);
                let blanks = line.iter().position(|c| !matches!(c, b' ' | b'\t')).unwrap_or(line.len());
                if blanks < line.len() {
                    self.parts[level].hold_header(&line[blanks..]);
                }
            }
        }
    }

    fn finish_header(&mut self, level: usize, events: &mut dyn MailEvents) {
        let part = &mut self.parts[level];
        if let Some((line, lines)) = part.take_header() {
            if let Some((name, value)) = token::header(&line) {
                let header = Header { name, value, lines };
                part.learn(&header);
                events.header(&header);
            }
            part.recycle_header(line);
        }
    }

    fn begin_child(&mut self, level: usize, events: &mut dyn MailEvents) {
        if level >= DEPTH_MAX {
            return events.too_deep(level);
        }
        let child = Part::new(self.parts.get(level));
        self.parts.push(child);
        events.begin();
    }

    fn end_children(&mut self, level: usize, events: &mut dyn MailEvents) {
        if self.parts.len() > level + 1 {
            self.end(level + 1, events);
            self.parts.truncate(level + 1);
        }
    }

    fn end(&mut self, level: usize, events: &mut dyn MailEvents) {
        let Some(part) = self.parts.get_mut(level).filter(|part| !part.ended) else {
            return;
        };
        part.ended = true;
        if part.in_header {
            part.in_header = false;
            self.finish_header(level, events);
        } else {
            self.end_children(level, events);
            self.parts[level].finish(&mut |data| events.data(data));
        }
        events.end();
    }

    /// Bytes held on the heap.
    pub fn held_bytes(&self) -> usize {
        self.parts.iter().map(|part| size_of::<Part>() + part.held_bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Vec<String>);

    impl MailEvents for Told {
        fn begin(&mut self) {
            self.0.push("begin".into());
        }
        fn header(&mut self, header: &Header<'_>) {
            self.0.push(format!("{}={}", String::from_utf8_lossy(header.name), String::from_utf8_lossy(header.value)));
        }
        fn data(&mut self, data: &[u8]) {
            self.0.push(String::from_utf8_lossy(data).into_owned());
        }
        fn end(&mut self) {
            self.0.push("end".into());
        }
        fn too_deep(&mut self, depth: usize) {
            self.0.push(format!("deeper than {depth}"));
        }
    }

    #[test]
    fn parts_come_decoded_and_in_order() {
        let mut told = Told::default();
        let mut mail = Mail::new(&mut told);
        let text = "Subject: a\n b\nContent-Type: multipart/mixed; boundary=B\n\npreamble\n--B\nContent-Transfer-Encoding: base64\n\nTVo=\n--B\n\nx\n--B--\nepilogue";
        text.split('\n').for_each(|line| mail.deliver(line.as_bytes(), true, &mut told));
        mail.done(&mut told);
        let expected = [
            "begin",
            "Subject=a b",
            "Content-Type=multipart/mixed; boundary=B",
            "begin",
            "Content-Transfer-Encoding=base64",
            "MZ",
            "end",
            "begin",
            "x",
            "end",
            "end",
        ];
        assert_eq!(told.0, expected);
    }

    #[test]
    fn nesting_ends_somewhere() {
        let mut told = Told::default();
        let mut mail = Mail::new(&mut told);
        for _ in 0..DEPTH_MAX * 2 {
            mail.deliver(b"Content-Type: message/rfc822", true, &mut told);
            mail.deliver(b"", true, &mut told);
        }
        mail.done(&mut told);
        assert_eq!(told.0.iter().filter(|event| event.starts_with("deeper")).count(), 1);
        assert_eq!(told.0.iter().filter(|event| *event == "end").count(), DEPTH_MAX + 1);
    }
}
