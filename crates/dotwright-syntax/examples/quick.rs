//! scratch
use std::time::Instant;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let (text, _) = dotwright_syntax::from_bytes(&bytes);
    let n: usize = std::env::args().nth(2).map_or(50, |v| v.parse().unwrap());
    let mut lex = vec![]; let mut parse = vec![];
    for _ in 0..n {
        let t = Instant::now(); let l = dotwright_syntax::lex(&text); lex.push(t.elapsed()); drop(std::hint::black_box(l));
        let t = Instant::now(); let p = dotwright_syntax::parse(&text); parse.push(t.elapsed()); std::hint::black_box(&p);
    }
    lex.sort(); parse.sort();
    let p = dotwright_syntax::parse(&text);
    println!("{path}: lex {:?} parse {:?} ratio {:.2} errors {} stmts {} tokens {}", lex[n/2], parse[n/2], parse[n/2].as_secs_f64()/lex[n/2].as_secs_f64(), p.errors.len(), p.ast.all_statements().len(), p.tokens.len());
}
