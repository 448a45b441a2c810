//! Splits a stream of JSON into the items of its lists, one in memory at a time.
//!
//! A stream is a list, or an object with lists under known keys, or an object that is the one item itself;
//! several such values may follow each other. Each item comes out as the bytes it is written in, so that
//! whatever is wrong inside one costs that one only. After damage to the structure itself the splitter looks for the bytes
//! that items of this list begin with (`, {"title"`) and goes on from there.

use std::io::{self, Read};

use memchr::memmem;

use super::Limits;
use super::scan::{Scanner, Step};
use super::window::Window;

/// White space between the tokens of the mark that an item begins with: enough for any indentation.
const MARK_SLACK: usize = 256;

/// U+FEFF in UTF-8, which some editors put at the beginning of a file.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why an item could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quote, bracket or comma is missing or out of place.
    Structure,
    /// The stream ended inside it.
    CutOff,
    /// It is longer than the limit.
    TooLarge,
    /// Its brackets nest deeper than the limit.
    TooDeep,
    /// It holds more values than the limit.
    TooManyValues,
}

/// Where an item stands: the key of its list, `None` for a list or object at the top, and its 0-based position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) list: Option<&'static str>,
    pub(super) index: u64,
}

/// What the stream holds next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'w> {
    /// An object or list, whole.
    Item { position: Position, bytes: &'w mut [u8] },
    /// A string, number, `true`, `false` or `null` in place of an item.
    Scalar { position: Position },
    /// An item that cannot be delivered, with what of it is at hand.
    Broken { position: Position, fault: Fault, bytes: &'w [u8] },
    /// Nothing more; `early` when brackets are still open.
    End { early: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between values at the top.
    Top,
    /// In an object at the top, whose lists have been or may yet be met.
    Object,
    /// In a list.
    List,
    /// In a list whose structure is damaged, looking for the next item.
    Lost,
    Finished {
        early: bool,
    },
}

/// Pulls [`Event`]s from a reader.
pub(super) struct Splitter<R> {
    window: Window<R>,
    scanner: Scanner,
    wanted: &'static [&'static str],
    item_bytes: usize,
    item_values: u64,
    place: Place,
    list: Option<&'static str>,
    index: u64,
    /// Objects met at the top that were items themselves.
    top_index: u64,
    /// The first key of this list's first item, quotes included: what items begin with.
    mark: Vec<u8>,
    /// Items since the last damage have not yet proved to be real ones.
    doubtful: bool,
    met_value: bool,
}

enum Scanned {
    Whole,
    TooLarge,
    Faulty(Fault),
    ListBegins(&'static str),
}

impl<R: Read> Splitter<R> {
    /// Splits `reader`, which begins with the first value, a byte order mark aside. Lists count where they
    /// stand at the top or under one of the keys `wanted` of an object at the top.
    pub(super) fn new(reader: R, wanted: &'static [&'static str], limits: &Limits) -> Self {
        Self {
            window: Window::new(reader),
            scanner: Scanner::default(),
            wanted,
            item_bytes: limits.item_bytes,
            item_values: limits.item_values,
            place: Place::Top,
            list: None,
            index: 0,
            top_index: 0,
            mark: Vec::new(),
            doubtful: false,
            met_value: false,
        }
    }

    /// The newest item is what it should be, so the splitter has not lost its way.
    pub(super) fn confirm(&mut self) {
        self.doubtful = false;
    }

    /// The next event; after [`Event::End`] the same again.
    ///
    /// # Errors
    /// Those of the reader.
    pub(super) fn next(&mut self) -> io::Result<Event<'_>> {
        loop {
            match self.place {
                Place::Finished { early } => return Ok(Event::End { early }),
                Place::Top => match self.first_token()? {
                    Some(b'[') => self.begin_list(None),
                    Some(b'{') => {
                        self.window.begin_item();
                        self.scanner.restart();
                        self.list = None;
                        self.place = Place::Object;
                    }
                    _ => self.place = Place::Finished { early: false },
                },
                Place::Object => {
                    let met_list = self.list.is_some();
                    match self.scan_value(!met_list, true)? {
                        Scanned::ListBegins(key) => self.begin_list(Some(key)),
                        Scanned::Whole if met_list => self.place = Place::Top,
                        Scanned::Whole => {
                            self.place = Place::Top;
                            let position = self.top_position();
                            return Ok(Event::Item { position, bytes: self.window.item() });
                        }
                        Scanned::TooLarge => {
                            self.place = Place::Top;
                            if !met_list {
                                return Ok(self.broken_at_top(Fault::TooLarge));
                            }
                        }
                        Scanned::Faulty(fault) => {
                            // What lies behind the damage cannot be told apart from the damage.
                            self.place = Place::Finished { early: fault == Fault::CutOff };
                            if matches!(fault, Fault::TooDeep | Fault::TooManyValues) {
                                self.place = Place::Top;
                            }
                            if !met_list {
                                return Ok(self.broken_at_top(fault));
                            }
                        }
                    }
                }
                Place::Lost => self.find_next_item()?,
                Place::List => match self.window.peek_token()? {
                    None => self.place = Place::Finished { early: true },
                    Some(b',') => self.window.advance(1),
                    Some(b']') if !self.doubtful => self.end_list(),
                    Some(b']' | b'}' | b':') => {
                        self.window.begin_item();
                        self.place = Place::Lost;
                    }
                    Some(b'{' | b'[') => return self.item(),
                    Some(first) => {
                        let position = self.count();
                        self.skip_scalar(first)?;
                        return Ok(Event::Scalar { position });
                    }
                },
            }
        }
    }

    /// False as long as nothing that could hold items has been met.
    pub(super) fn met_value(&self) -> bool {
        self.met_value
    }

    /// What a value at the top begins with.
    fn first_token(&mut self) -> io::Result<Option<u8>> {
        if !self.met_value && self.window.unread().is_empty() {
            self.window.fill()?;
            // A reader may return less than was asked for, but three bytes at the beginning it has.
            if self.window.unread().starts_with(BYTE_ORDER_MARK) {
                self.window.advance(BYTE_ORDER_MARK.len());
            }
        }
        let first = self.window.peek_token()?;
        self.met_value |= matches!(first, Some(b'[' | b'{'));
        Ok(first)
    }

    fn begin_list(&mut self, list: Option<&'static str>) {
        self.window.advance(1);
        self.list = list;
        self.index = 0;
        self.mark.clear();
        self.doubtful = false;
        self.place = Place::List;
    }

    fn end_list(&mut self) {
        self.window.advance(1);
        self.place = Place::Top;
        if self.list.is_some() {
            self.scanner.resume_after(b']');
            self.place = Place::Object;
        }
    }

    fn count(&mut self) -> Position {
        let position = Position { list: self.list, index: self.index };
        self.index += 1;
        position
    }

    fn top_position(&mut self) -> Position {
        let position = Position { list: None, index: self.top_index };
        self.top_index += 1;
        position
    }

    fn broken_at_top(&mut self, fault: Fault) -> Event<'_> {
        let position = self.top_position();
        Event::Broken { position, fault, bytes: self.window.item() }
    }

    fn item(&mut self) -> io::Result<Event<'_>> {
        let position = self.count();
        self.window.begin_item();
        // Lists are met in an object only, whose own scan rests meanwhile.
        let resting = std::mem::take(&mut self.scanner);
        let scanned = self.scan_value(true, false);
        let scanner = std::mem::replace(&mut self.scanner, resting);
        let fault = match scanned? {
            Scanned::Whole => return Ok(Event::Item { position, bytes: self.window.item() }),
            Scanned::TooLarge => Fault::TooLarge,
            Scanned::Faulty(fault @ (Fault::TooDeep | Fault::TooManyValues)) => fault,
            Scanned::Faulty(Fault::CutOff) => {
                self.place = Place::Finished { early: true };
                Fault::CutOff
            }
            Scanned::Faulty(fault) => {
                self.place = Place::Lost;
                // The string before the damage may have swallowed the beginning of the next item.
                let back = usize::try_from(scanner.string_at()).unwrap_or(usize::MAX);
                self.window.rewind(back.max(1));
                fault
            }
            Scanned::ListBegins(_) => Fault::Structure,
        };
        Ok(Event::Broken { position, fault, bytes: self.window.item() })
    }

    /// Follows a value to its end, keeping it in the window if `keep`, up to the limit. With `lists`, stops
    /// behind the bracket that opens a wanted list.
    fn scan_value(&mut self, keep: bool, lists: bool) -> io::Result<Scanned> {
        let mut too_large = false;
        loop {
            match self.scanner.feed(self.window.unread()) {
                Step::More => {
                    self.window.advance(self.window.unread().len());
                    too_large |= self.window.item_len() > self.item_bytes;
                    if too_large || !keep {
                        self.window.begin_item();
                    }
                    if !self.window.fill()? {
                        return Ok(Scanned::Faulty(Fault::CutOff));
                    }
                }
                Step::Key(taken) => {
                    self.window.advance(taken);
                    if lists {
                        if let Some(key) = self.wanted_list()? {
                            return Ok(Scanned::ListBegins(key));
                        }
                    } else if self.mark.is_empty() {
                        self.mark = [b"\"", self.scanner.key(), b"\""].concat();
                    }
                }
                Step::Ended(taken) => {
                    self.window.advance(taken);
                    return Ok(if too_large || self.window.item_len() > self.item_bytes {
                        Scanned::TooLarge
                    } else if self.scanner.too_deep() {
                        Scanned::Faulty(Fault::TooDeep)
                    } else if keep && self.scanner.values() > self.item_values {
                        Scanned::Faulty(Fault::TooManyValues)
                    } else {
                        Scanned::Whole
                    });
                }
                Step::Damaged(taken) => {
                    self.window.advance(taken);
                    return Ok(Scanned::Faulty(Fault::Structure));
                }
            }
        }
    }

    /// The key just closed, if it is a wanted one and its value a list. The colon is taken, the bracket not.
    fn wanted_list(&mut self) -> io::Result<Option<&'static str>> {
        let Some(&key) = self.wanted.iter().find(|key| key.as_bytes() == self.scanner.key()) else {
            return Ok(None);
        };
        if self.window.peek_token()? != Some(b':') {
            return Ok(None);
        }
        self.window.advance(1);
        self.scanner.resume_after(b':');
        Ok((self.window.peek_token()? == Some(b'[')).then_some(key))
    }

    fn skip_scalar(&mut self, first: u8) -> io::Result<()> {
        let mut scanner = Scanner::default();
        loop {
            let unread = self.window.unread();
            let end = if first == b'"' {
                match scanner.feed(unread) {
                    Step::Ended(taken) => Some(taken),
                    _ => None,
                }
            } else {
                unread.iter().position(|byte| {
                    matches!(byte, b',' | b']' | b'}' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\r' | b'\n')
                })
            };
            let taken = end.unwrap_or(unread.len());
            self.window.advance(taken);
            self.window.begin_item();
            if end.is_some() || !self.window.fill()? {
                return Ok(());
            }
        }
    }

    /// Goes to the next place that looks like the beginning of an item: a comma, a brace and the mark.
    fn find_next_item(&mut self) -> io::Result<()> {
        let mark = std::mem::take(&mut self.mark);
        let found = self.seek(&mark);
        self.mark = mark;
        match found? {
            true => {
                self.doubtful = true;
                self.place = Place::List;
            }
            // The stream was read to its end; what closed it is as lost as the items before.
            false => self.place = Place::Finished { early: false },
        }
        Ok(())
    }

    fn seek(&mut self, mark: &[u8]) -> io::Result<bool> {
        if mark.is_empty() {
            return Ok(false);
        }
        let finder = memmem::Finder::new(mark);
        // What precedes the mark may lie before the place the search begins at.
        let mut from = self.window.item_len();
        loop {
            let ahead = self.window.unread().len();
            self.window.advance(ahead);
            let seen = self.window.item();
            for hit in finder.find_iter(&seen[from..]) {
                // The damaged item's own brace has no comma before it in the window: the search always moves on.
                if let Some(brace) = item_brace(seen, from + hit) {
                    self.window.rewind(brace);
                    return Ok(true);
                }
            }
            let keep = (mark.len() + MARK_SLACK).min(seen.len());
            let forget = seen.len() - keep;
            self.window.rewind(forget);
            self.window.begin_item();
            self.window.advance(keep);
            from = keep.saturating_sub(mark.len());
            if !self.window.fill()? {
                return Ok(false);
            }
        }
    }
}

/// The position of the brace, if a brace and before it a comma stand before the mark at `mark_at`.
fn item_brace(seen: &[u8], mark_at: usize) -> Option<usize> {
    let token_before = |end: usize| {
        let from = end.saturating_sub(MARK_SLACK / 2);
        seen[from..end].iter().rposition(|byte| !byte.is_ascii_whitespace()).map(|offset| from + offset)
    };
    let brace = token_before(mark_at).filter(|&at| seen[at] == b'{')?;
    token_before(brace).filter(|&at| seen[at] == b',')?;
    Some(brace)
}
