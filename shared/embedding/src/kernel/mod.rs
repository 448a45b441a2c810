//! The arithmetic: matrix products and element-wise functions, in the widest instructions the CPU has.
//!
//! Every kernel gives the same bits on every CPU and under every blocking. Integers are exact; each `f32`
//! result is a fixed sequence of fused multiply-adds, and sums run over sixteen lanes added in one order.
//! Element-wise kernels are plain Rust over sixteen lanes, compiled once for each instruction set by the macro in
//! [`cpu`]; the two products name their instructions, because their tiles must stay in registers.
//!
//! A library's product (rten-gemm 0.27, weights packed beforehand) was measured to be 2 to 15 % slower in int8 and
//! 3 to 8 % in f32. It is not used because its int8 sums may saturate on CPUs without VNNI, where a vector would
//! then come out differently, and because it divides every product among threads by itself.

pub(crate) mod cpu;
pub(crate) mod elementwise;
pub(crate) mod gemm_f32;
pub(crate) mod gemm_int8;
pub(crate) mod lanes;

#[cfg(test)]
mod tests;
