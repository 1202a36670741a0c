/// The compiler's version, as `resnetc --version` prints it and generated files state it.
package let resnetcVersion = "0.1.0"
