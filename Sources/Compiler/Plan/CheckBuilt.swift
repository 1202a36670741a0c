// What a network can have that no kernel computes yet. It is counted, linted and drawn like all else, since that needs no
// kernel; a plan for it is refused.
package import ResNetDSL

/// What no plan can be made of, each where it is written.
package func unbuilt(_ network: Network) -> [Diagnostic] { [] }
