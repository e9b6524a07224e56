use std::io::Read;
fn main() {
    let list = std::fs::read_to_string("/tmp/bodies.tsv").unwrap();
    let (mut ok, mut bad) = (0, 0);
    for line in list.lines() {
        let f: Vec<_> = line.split('\t').collect();
        let mut b = Vec::new();
        std::fs::File::open(format!("/tmp/bodies/{}", f[0])).unwrap().read_to_end(&mut b).unwrap();
        let got = files::detect(&b).unwrap_or("-");
        if got == f[1] {
            ok += 1
        } else {
            bad += 1;
            println!("{} want {} got {} len {} head {}", f[0], f[1], got, b.len(), b[..b.len().min(60)].escape_ascii());
        }
    }
    println!("ok {ok} bad {bad}");
}
