// The file as written: every node with its span, nothing computed, nothing defaulted. Parts that could not be read are
// `.invalid`: later stages pass over them in silence, because the parser has spoken.
//
// What there is to say of an element or an attribute stands in Elements and Attributes, where `definition` leads.

/// A parsed `.rn` file.
package struct SourceModel: Equatable, Sendable {
  package enum Keyword: String, Equatable, Sendable { case model, family }

  package var keyword: Located<Keyword>
  package var name: Located<String>
  package var parameters: [Syntax.Parameter] = []
  package var header = Syntax.Header()
  package var blocks: [Syntax.BlockDefinition] = []
  package var columns: [Located<String>] = []
  package var rows: [Syntax.Row] = []
  /// Names that stand next to something unreadable: perhaps no names at all.
  var suspects: Set<Span> = []
  /// Parameters, columns, or blocks may be missing because their line could not be read.
  var hasDamagedParameters = false
  var hasDamagedColumns = false
  var hasDamagedBlocks = false

  /// Column names in order; empty for a single model.
  package var variants: [String] { columns.map(\.value) }
}

/// The node types of the syntax tree.
package enum Syntax {
  package struct Parameter: Equatable, Sendable {
    package var name: Located<String>
    package var value: Expression
  }

  package struct Header: Equatable, Sendable {
    /// Keys that stand in the file, well-formed or not, and where.
    package var keys: [Located<String>] = []
    package var input: Located<Input>?
    package var shortcut: Located<ShortcutOption>?
    /// `shortcut B, bias` or `no bias`.
    package var projectionBias: Located<Bool>?
    /// `shortcut B, average pool`, where it stands.
    package var projectionPool: Span?
    package var stride: Located<StridePlacement>?
    package var depth: Expression?
    package var norm: Located<Norm>?
    package var weights: Located<WeightsOption>?
    package var activation: Located<Activation>?
    package var order: Located<Order>?
    package var names: Located<TensorNames>?
    package var renames: [Rename] = []
    package var preprocess: Preprocess?
    package var labels: Located<String>?
    /// Rows whose values are returned, as `output` names them.
    package var outputs: [Located<String>] = []
  }

  package struct Input: Equatable, Sendable {
    package var channels: Expression
    package var height: Expression
    package var width: Expression
  }

  package enum Norm: Equatable, Sendable {
    case kind(NormKind, epsilon: Double)
    case none
  }

  package enum NormKind: Equatable, Sendable {
    case batch, layer
    case group(Expression)
  }

  /// `weights standardized, eps 1e-8`; behind a layer without the number.
  package enum WeightsOption: Equatable, Sendable {
    case standardized(epsilon: Double)
    case plain
  }

  package enum Order: String, Equatable, Sendable, CaseIterable { case post, pre }

  /// `block basic(w) = 3x3, w; 3x3, w`
  package struct BlockDefinition: Equatable, Sendable {
    package var name: Located<String>
    package var parameters: [Located<String>]
    package var body: [Element]
    package var span: Span
  }

  package struct Row: Equatable, Sendable {
    package var name: Located<String>
    package var size: Located<Extent>?
    /// The word `aux`, of a head used in training only; or its name, where that is the word.
    package var auxiliary: Span?
    package var cells: [Cell]
    /// Whether the cells are set off by `|`.
    package var hasPipes: Bool
    /// Something in it could not be read.
    package var isDamaged = false
    package var span: Span
  }

  package struct Cell: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
      /// The cell to the left again.
      case same
      case elements([Element])
      case empty
    }
    package var kind: Kind
    package var span: Span
  }

  /// A height and a width as written: `3x3`, `k x k`, or `224` for a square.
  package struct Dimensions: Equatable, Sendable {
    package var height: Expression
    package var width: Expression
    package var span: Span { height.span.union(width.span) }
  }

  /// One layer, block or reference with what belongs to it.
  package struct Element: Equatable, Sendable {
    package indirect enum Kind: Equatable, Sendable {
      case convolution(kernel: Dimensions, width: Expression)
      case maxPool(Dimensions)
      case averagePool(Dimensions)
      /// To a size; of the whole map where there is none.
      case adaptivePool(AdaptivePoolLayer.Reduction, Dimensions?)
      case fullyConnected(Expression)
      case activation(Activation)
      case dropout(Located<Double>)
      case softmax
      /// `[ ... ] x n` and `( ... ) x n`.
      case block(Block.Kind, [Element], repeats: Expression?)
      /// The name of a block definition, with arguments.
      case reference(Located<String>, [Expression])
      /// `{ a | b } sum`: parallel, then concatenated or what the word says. Each has a share of the channels where `split`
      /// stands before it.
      case branches([[Element]], Located<CombinerWord>?, split: Span? = nil)

      case squeezeExcitation(Squeeze)
      /// `eca`, `eca 5`
      case channelAttention(Expression?)
      /// By itself; of the header's kind where it says none.
      case norm(NormKind?)
      /// `lrn 5`
      case localResponseNorm(Expression)
      /// `maxout 2`
      case maxout(Expression)
      /// `shuffle 2`
      case shuffle(Expression)

      /// `gate(3x3, 16)`
      case gate([Element])

      /// `spatial pyramid pool 7 3 2 1`
      case spatialPyramidPool([Expression])

      /// `upsample 2`
      case upsample(Expression, UpsampleLayer.Method)

      /// `from conv4_x`, where a row's or a branch's layers begin.
      case source(Located<String>)
      /// `+`, where a branch begins.
      case carry

      case invalid
    }
    package var kind: Kind
    package var attributes: [Attribute] = []
    package var span: Span
  }

  package struct Attribute: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
      /// The second stands for columns, where they differ.
      case stride(Expression, Expression? = nil)
      /// One number for all sides, two for rows and columns, or four: top, left, bottom, right.
      case pad([Expression])
      case padSame
      case dilation(Expression)
      case bias(Bool)
      /// `nil` for `no norm`.
      case norm(NormKind?)
      case weights(isStandardized: Bool)
      case epsilon(Located<Double>)
      case activation(Activation)
      case ceil
      /// `counted` or `uncounted`: whether an average divides by the zeros of its padding too.
      case countsPadding(Bool)
      case groups(Expression)
      /// As many groups as channels enter.
      case depthwise
      /// Behind a residual block's bracket.
      case shortcut(ShortcutOption)
      /// `scale` and `survival 0.8`, there too.
      case scale
      case survival(Located<Double>)
      /// `alpha`, `beta` or `k` of local response normalisation.
      case responseNorm(ResponseNormTerm, Located<Double>)

      case invalid
    }
    package var kind: Kind
    package var span: Span
  }

  /// Integer arithmetic in postfix order, so that neither depth nor length of an expression costs stack.
  package struct Expression: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
      case number(Int)
      case name(String, Span)
      case apply(Operator, Span)
    }
    package enum Operator: String, Equatable, Sendable {
      case add = "+"
      case subtract = "-"
      case multiply = "*"
      case divide = "/"
    }
    package var steps: [Step]
    package var span: Span

    /// The parameters it names.
    package var names: [Located<String>] {
      steps.compactMap { if case .name(let name, let span) = $0 { Located(name, span) } else { nil } }
    }
  }
}

extension Syntax.Element.Kind {
  var definition: any ElementDefinition {
    switch self {
    case .convolution(let kernel, let width): ConvolutionElement(kernel: kernel, width: width)
    case .maxPool(let window): MaxPoolElement(kernel: window)
    case .averagePool(let window): AveragePoolElement(kernel: window)
    case .adaptivePool(let reduction, let size): AdaptivePoolElement(reduction: reduction, size: size)
    case .fullyConnected(let width): FullyConnectedElement(width: width)
    case .activation(let activation): ActivationElement(activation: activation)
    case .dropout(let rate): DropoutElement(rate: rate)
    case .softmax: SoftmaxElement()
    case .block(let kind, let elements, let repeats): GroupElement(kind: kind, inner: elements, repeats: repeats)
    case .reference(let name, let arguments): ReferenceElement(name: name, arguments: arguments)
    case .branches(let branches, let combiner, let split):
      BranchesElement(branches: branches, combiner: combiner, split: split)
    case .gate(let elements): GateElement(inner: elements)
    case .maxout(let size): MaxoutElement(size: size)
    case .shuffle(let groups): ShuffleElement(groups: groups)
    case .localResponseNorm(let size): LocalResponseNormElement(size: size)
    case .norm(let kind): NormElement(kind: kind)
    case .squeezeExcitation(let squeeze): SqueezeExcitationElement(squeeze: squeeze)
    case .channelAttention(let size): ChannelAttentionElement(size: size)
    case .spatialPyramidPool(let levels): SpatialPyramidPoolElement(levels: levels)
    case .upsample(let factor, let method): UpsampleElement(factor: factor, method: method)
    case .source(let row): SourceElement(row: row)
    case .carry: CarryElement()
    case .invalid: InvalidElement()
    }
  }
}

extension Syntax.Attribute.Kind {
  /// `nil` for what could not be read.
  var definition: (any AttributeDefinition)? {
    switch self {
    case .stride(let rows, let columns): StrideAttribute(rows: rows, columns: columns)
    case .pad(let sides): PadAttribute(sides: sides)
    case .padSame: PadAttribute(sides: nil)
    case .dilation(let value): DilationAttribute(value: value)
    case .bias(let isPresent): BiasAttribute(isPresent: isPresent)
    case .norm(let kind): NormAttribute(kind: kind)
    case .weights(let isStandardized): WeightsAttribute(isStandardized: isStandardized)
    case .epsilon(let value): EpsilonAttribute(value: value)
    case .activation(let activation): ActivationAttribute(activation: activation)
    case .ceil: CeilAttribute()
    case .countsPadding(let counts): CountsPaddingAttribute(counts: counts)
    case .groups(let count): GroupsAttribute(count: count)
    case .depthwise: DepthwiseAttribute()
    case .shortcut(let option): ShortcutAttribute(option: option)
    case .scale: ScaleAttribute()
    case .survival(let share): SurvivalAttribute(share: share)
    case .responseNorm(let term, let value): ResponseNormAttribute(term: term, value: value)
    case .invalid: nil
    }
  }
}
