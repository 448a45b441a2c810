//! Which instructions this CPU has, and the macro that compiles a kernel for each set of them.

/// A set of instructions; see [`Cpu`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// AVX-512 F, BW, DQ, VL and VNNI, with FMA: 2019's Cascade Lake, 2022's Zen 4, and later.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with FMA: 2013's Haswell, 2017's Zen, and later.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the compilation target guarantees: on x86-64 hardly usable, for want of a fused multiply-add; with
    /// NEON sound but untuned.
    Portable,
}

/// Proof that this CPU has an [`InstructionSet`].
///
/// Invariant: a value is only made after asking the CPU, so kernels compiled for its set may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cpu(InstructionSet);

impl Cpu {
    /// The widest set of this CPU.
    pub(crate) fn detect() -> Self {
        Self::available()[0]
    }

    /// Every set of this CPU, the widest first; the last one is always [`InstructionSet::Portable`].
    pub(crate) fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        #[cfg(target_arch = "x86_64")]
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        let sets = [
            #[cfg(target_arch = "x86_64")]
            (InstructionSet::Avx512, avx512),
            #[cfg(target_arch = "x86_64")]
            (InstructionSet::Avx2, avx2),
            (InstructionSet::Portable, true),
        ];
        sets.into_iter().filter(|(_, there)| *there).map(|(set, _)| Self(set)).collect()
    }

    /// The set this value proves.
    pub(crate) fn instruction_set(self) -> InstructionSet {
        self.0
    }
}

/// Defines `fn $name(cpu: Cpu, ...)` that runs the `#[inline(always)]` function `$body` compiled for the
/// instruction set of `cpu`.
macro_rules! for_each_instruction_set {
    ($(#[$meta:meta])* $visibility:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) = $body:ident) => {
        $(#[$meta])*
        #[cfg_attr(
            target_arch = "x86_64",
            expect(unsafe_code, reason = "calls code compiled for instructions that `cpu` proves to be there")
        )]
        $visibility fn $name(cpu: $crate::kernel::cpu::Cpu, $($argument: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
            fn avx512($($argument: $kind),*) {
                $body($($argument),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $kind),*) {
                $body($($argument),*);
            }
            match cpu.instruction_set() {
                // SAFETY: a `Cpu` of this set exists only where all of the features were detected.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::cpu::InstructionSet::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::kernel::cpu::InstructionSet::Avx2 => unsafe { avx2($($argument),*) },
                _ => $body($($argument),*),
            }
        }
    };
}
pub(crate) use for_each_instruction_set;
