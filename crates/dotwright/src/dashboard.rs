//! A run as a picture on the terminal: the graph as a list, what runs now, the log's tail, and the question that waits.
//!
//! The run itself goes on in its own thread and knows nothing of it; a thread here draws what it hears and turns keys
//! into requests. Where there is no terminal, plain lines are written instead.

mod draw;
mod view;

use std::io::{self, IsTerminal};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use dotwright_engine::run::{Plan, State};
use dotwright_runner::{Asked, Asker, Control, Flow, Moment, Observer, Reply, Request};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use self::view::View;
use crate::output;
use crate::terminal::Lines;

/// How often the picture is drawn. Clocks on it show seconds.
const FRAME: Duration = Duration::from_millis(100);

/// Whether a person watches who can also press keys.
pub(crate) fn is_possible() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    !is_dumb && io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// The dashboard of one run.
pub(crate) struct Dashboard {
    view: Arc<Mutex<View>>,
    lines: Lines,
    is_over: Arc<AtomicBool>,
    screen: Option<JoinHandle<io::Result<()>>>,
}

impl Dashboard {
    /// Takes the terminal until [`Dashboard::close`]. `control` is what keys ask for.
    pub(crate) fn open(file: &str, control: Control) -> Dashboard {
        let view = Arc::new(Mutex::new(View::new(file)));
        let is_over = Arc::new(AtomicBool::new(false));
        let screen = {
            let (view, is_over) = (Arc::clone(&view), Arc::clone(&is_over));
            std::thread::spawn(move || show(&view, &is_over, &control))
        };
        Dashboard { view, lines: Lines::new(false), is_over, screen: Some(screen) }
    }

    /// Somebody who asks on this dashboard.
    pub(crate) fn asker(&self) -> Arc<dyn Asker> {
        Arc::new(Prompt(Arc::clone(&self.view)))
    }

    /// Gives the terminal back and leaves the lines of the run on it.
    pub(crate) fn close(mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // A screen that could not be drawn has said so, or is gone with the terminal.
        let _drawn = self.screen.take().map(JoinHandle::join);
        let view = lock(&self.view);
        output::write_stderr(&view.log.iter().map(|line| format!("{line}\n")).collect::<String>());
    }
}

impl Observer for Dashboard {
    fn observe(&mut self, plan: &Plan, state: &State, moment: Moment<'_>) -> Flow {
        let mut view = lock(&self.view);
        match moment {
            Moment::Begun { run } => view.begin(run, plan),
            Moment::Command(command) => {
                if let Some(line) = self.lines.line(plan, state, command) {
                    view.say(line);
                }
                view.take(state, command);
            }
            Moment::Fact(_) | Moment::Appending(_) | Moment::Durable(_) | Moment::Done => {}
        }
        Flow::Continue(())
    }
}

/// Asks on the screen; keys answer.
struct Prompt(Arc<Mutex<View>>);

impl Asker for Prompt {
    fn ask(&self, asked: &Asked) -> Reply {
        let (answer, answered) = channel();
        lock(&self.0).gate = Some((asked.clone(), answer));
        // The view drops the sender when the gate closes without an answer from here.
        answered.recv().unwrap_or(Reply::Nobody)
    }
}

fn lock(view: &Mutex<View>) -> MutexGuard<'_, View> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Draws until the run is over. The terminal is as before afterwards, also when something here fails.
fn show(view: &Mutex<View>, is_over: &AtomicBool, control: &Control) -> io::Result<()> {
    // Dropped by hand: its own way is a panic where neither the cursor can be shown nor an error be written, as on a
    // terminal that was closed.
    let mut terminal = ManuallyDrop::new(ratatui::try_init()?);
    let result = frames(&mut terminal, view, is_over, control);
    let shown = terminal.show_cursor();
    ratatui::try_restore()?;
    result.and(shown)
}

fn frames(
    terminal: &mut ratatui::DefaultTerminal,
    view: &Mutex<View>,
    is_over: &AtomicBool,
    control: &Control,
) -> io::Result<()> {
    while !is_over.load(Ordering::Relaxed) {
        terminal.draw(|frame| draw::draw(frame, &lock(view)))?;
        wait_for_key()?;
        while event::poll(Duration::ZERO)? {
            if let Event::Key(key) = event::read()?
                && key.kind == KeyEventKind::Press
            {
                pressed(key, &mut lock(view), control);
            }
        }
    }
    Ok(())
}

/// Waits for a key until the next picture is due. A terminal that is gone is an error here, because crossterm reads its end
/// again and again.
fn wait_for_key() -> io::Result<()> {
    let stdin = io::stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
    let timeout = Timespec { tv_sec: 0, tv_nsec: FRAME.subsec_nanos().into() };
    match poll(&mut terminal, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let [terminal] = terminal;
    if terminal.revents().intersects(PollFlags::HUP | PollFlags::ERR) {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    if terminal.revents().contains(PollFlags::NVAL) {
        // Some systems do not poll terminals; crossterm knows another way there.
        event::poll(FRAME)?;
    }
    Ok(())
}

/// What a key does: answers the question, scrolls, pauses or cancels.
fn pressed(key: KeyEvent, view: &mut View, control: &Control) {
    let by = || "the terminal".to_owned();
    match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
        (KeyCode::Char('c'), true) if view.is_cancelled => control.kill(),
        (KeyCode::Char('c'), true) => {
            view.is_cancelled = true;
            view.say("cancelled from the terminal; once more ends running steps at once".to_owned());
            control.ask(Request::Cancel { by: by(), now: false });
        }
        (KeyCode::Char('p'), true) => {
            view.say("pauses when the running steps are done".to_owned());
            control.ask(Request::Pause { by: by() });
        }
        (KeyCode::Char(letter), false) if view.gate.is_some() => view.typed.push(letter),
        (KeyCode::Backspace, _) => {
            view.typed.pop();
        }
        (KeyCode::Enter, _) => view.answer(),
        (KeyCode::Up, _) => view.scroll(-1),
        (KeyCode::Down, _) => view.scroll(1),
        _ => {}
    }
}
