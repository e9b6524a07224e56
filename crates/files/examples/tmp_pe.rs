fn main() {
    let mut names: Vec<_> = std::fs::read_dir("/tmp/pes").unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    for p in names {
        let b = std::fs::read(&p).unwrap();
        let flow = contract::FlowInfo {
            uid: model::Uid::connection(&[b"x"]),
            orig: (model::Addr::v4([1, 1, 1, 1]), 1),
            resp: (model::Addr::v4([1, 1, 1, 1]), 1),
            transport: contract::Transport::Tcp,
            start: Default::default(),
            midstream: false,
            note: Box::default(),
        };
        let about = contract::FileAbout {
            at: Default::default(),
            source: "HTTP",
            side: contract::Side::Resp,
            key: b"k",
            shared: false,
            depth: 0,
            name: None,
            declared_mime: None,
            total_bytes: None,
            parent: None,
        };
        let mut files = files::Files::new(files::Limits::default());
        let mut out = vec![];
        let id = files.open(&flow, &about);
        for c in b.chunks(1460) {
            files.data(Default::default(), id, c, &mut out);
        }
        files.end(Default::default(), id, &mut out);
        for e in &out {
            if e.kind().name == "pe" {
                let s: Vec<String> = e
                    .cells()
                    .iter()
                    .skip(2)
                    .map(|c| match c {
                        model::Value::Bytes(b) => b.escape_ascii().to_string(),
                        model::Value::List(l) => l
                            .iter()
                            .map(|v| match v {
                                model::Value::Bytes(b) => b.escape_ascii().to_string(),
                                o => format!("{o:?}"),
                            })
                            .collect::<Vec<_>>()
                            .join(","),
                        o => format!("{o:?}"),
                    })
                    .collect();
                println!("{} {}", p.file_name().unwrap().to_str().unwrap(), s.join(" "));
            }
        }
    }
}
