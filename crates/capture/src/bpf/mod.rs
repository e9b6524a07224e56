//! Classic BPF: the programs by which the kernel takes packets or leaves them.
//!
//! [`Program::compile`] understands the common part of tcpdump's language (pcap-filter(7)): hosts, nets, ports, protocols, VLANs,
//! lengths, `and`, `or`, `not`. What it leaves out (byte arithmetic, `gateway`, WLAN, MPLS …) can be had by
//! [`Program::parse_compiled`] from what `tcpdump -ddd EXPRESSION` prints. The machine itself is that of McCanne and Jacobson,
//! "The BSD Packet Filter" (USENIX 1993), with Linux's ancillary loads; [`Program::run`] runs it here, for tests and for
//! those who filter without a kernel.

mod compile;
mod expression;
mod run;
mod words;

pub use expression::FilterError;
pub use run::About;

/// Linux's limit (`BPF_MAXINSNS`): longer programs are refused by the kernel.
const INSTRUCTIONS_MAX: usize = 4096;

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What to do.
    pub code: u16,
    /// How many instructions to skip where a comparison holds.
    pub jump_true: u8,
    /// And where it does not.
    pub jump_false: u8,
    /// The number that goes with it.
    pub k: u32,
}

/// A program that ends by saying how many bytes of a packet to take: 0 for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    instructions: Vec<Instruction>,
}

/// Where a program's packets begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// At an Ethernet header.
    Ethernet,
    /// At the network layer's header; the kernel says which protocol it is (cooked capture, tunnel interfaces).
    Network,
}

/// The codes of instructions (`linux/bpf_common.h`), put together from class, size, mode and operation.
pub(crate) mod code {
    pub(crate) const LD_W_ABS: u16 = 0x20;
    pub(crate) const LD_H_ABS: u16 = 0x28;
    pub(crate) const LD_B_ABS: u16 = 0x30;
    pub(crate) const LD_H_IND: u16 = 0x48;
    pub(crate) const LD_W_LEN: u16 = 0x80;
    pub(crate) const LD_MEM: u16 = 0x60;
    pub(crate) const LDX_B_MSH: u16 = 0xb1;
    pub(crate) const LDX_MEM: u16 = 0x61;
    pub(crate) const ST: u16 = 0x02;
    pub(crate) const ADD_X: u16 = 0x0c;
    pub(crate) const MUL_K: u16 = 0x24;
    pub(crate) const AND_K: u16 = 0x54;
    pub(crate) const RSH_K: u16 = 0x74;
    pub(crate) const XOR_X: u16 = 0xac;
    pub(crate) const JA: u16 = 0x05;
    pub(crate) const JEQ_K: u16 = 0x15;
    pub(crate) const JGT_K: u16 = 0x25;
    pub(crate) const JGE_K: u16 = 0x35;
    pub(crate) const JSET_K: u16 = 0x45;
    pub(crate) const RET_K: u16 = 0x06;
    pub(crate) const RET_A: u16 = 0x16;
    pub(crate) const TAX: u16 = 0x07;
}

/// Offsets at which Linux gives what is not in the packet's bytes (`linux/filter.h`).
pub(crate) mod ancillary {
    const AD: i32 = -0x1000;
    /// From here on, offsets count from the network layer's header.
    pub(crate) const NET: u32 = -0x10_0000_i32 as u32;
    /// The EtherType that the kernel found.
    pub(crate) const PROTOCOL: u32 = AD as u32;
    /// The tag that the kernel took off.
    pub(crate) const VLAN_TAG: u32 = (AD + 44) as u32;
    /// Whether it took one off.
    pub(crate) const VLAN_TAG_PRESENT: u32 = (AD + 48) as u32;
}

impl Instruction {
    pub(crate) const fn new(code: u16, k: u32) -> Self {
        Self { code, jump_true: 0, jump_false: 0, k }
    }
}

impl Program {
    /// Compiles an expression of the common part of tcpdump's language.
    ///
    /// # Errors
    /// Where it is not understood, with the place.
    pub fn compile(expression: &str, layout: Layout) -> Result<Self, FilterError> {
        let parsed = expression::parse(expression)?;
        let instructions = compile::compile(&parsed, layout);
        if instructions.len() > INSTRUCTIONS_MAX {
            return Err(FilterError { at: 0, length: expression.len(), message: "this becomes too long for the kernel".to_owned() });
        }
        Ok(Self { instructions })
    }

    /// Reads a compiled program as `tcpdump -ddd` prints it: the number of instructions, then four numbers for each. It must have
    /// been compiled for the link layer of its interface (`tcpdump -i IF -ddd …`).
    ///
    /// # Errors
    /// Where it has not this form; the place is the line, from 0.
    pub fn parse_compiled(text: &str) -> Result<Self, FilterError> {
        let fail = |at: usize, message: &str| FilterError { at, length: 1, message: message.to_owned() };
        // Commas stand for line ends where a program must fit in one line of settings.
        let mut lines = text.split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty()).enumerate();
        let count: usize =
            lines.next().and_then(|(_, line)| line.parse().ok()).ok_or_else(|| fail(0, "the number of instructions is missing"))?;
        let mut instructions = Vec::new();
        for (at, line) in lines {
            let numbers: Vec<u32> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
            let instruction = match (&numbers[..], line.split_whitespace().count()) {
                ([code, yes, no, k], 4) => (u16::try_from(*code), u8::try_from(*yes), u8::try_from(*no), *k),
                _ => return Err(fail(at, "an instruction is four numbers: code, two jumps, value")),
            };
            let (Ok(code), Ok(jump_true), Ok(jump_false), k) = instruction else { return Err(fail(at, "a number is too large")) };
            instructions.push(Instruction { code, jump_true, jump_false, k });
            if instructions.len() > INSTRUCTIONS_MAX {
                return Err(fail(at, "this is too long for the kernel"));
            }
        }
        if instructions.len() != count || count == 0 {
            return Err(fail(0, "there are more or fewer instructions than the first line says"));
        }
        Ok(Self { instructions })
    }

    /// A program that takes all packets (`bytes` of each), or none where that is 0.
    pub fn constant(bytes: u32) -> Self {
        Self { instructions: vec![Instruction::new(code::RET_K, bytes)] }
    }

    pub(crate) fn of(instructions: Vec<Instruction>) -> Self {
        Self { instructions }
    }

    /// Its instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }
}
