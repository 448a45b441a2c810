//! The arithmetic: matrix products and element-wise functions, in the widest instructions the CPU has.
//!
//! Every kernel gives the same bits on every CPU and under every blocking. Integers are exact; each `f32`
//! result is a fixed sequence of fused multiply-adds, and sums run over sixteen lanes added in one order.
//! Most kernels are plain Rust over sixteen-lane arrays, compiled once per instruction set
//! ([`for_each_instruction_set!`]); only the int8 product names instructions itself.

pub(crate) mod cpu;
pub(crate) mod elementwise;
pub(crate) mod gemm_f32;
pub(crate) mod gemm_int8;
pub(crate) mod lanes;

#[cfg(test)]
mod tests;
