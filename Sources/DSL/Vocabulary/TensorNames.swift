// Whose tensor names a network's weights have: what `names` in the head chooses, and what there is to say of each. The
// compiler has a file for each in Lower/Names.

package enum TensorNames: String, CaseIterable, Sendable {
  case resnet
  case resnetD = "resnet_d"
  case res2net
  case resnetv2
  case vgg
  case mobilenetV2 = "mobilenet_v2"
  case mobilenetV3 = "mobilenet_v3"
  case efficientnet, convnext, densenet, googlenet
  case bnInception = "bn_inception"
  case inceptionV3 = "inception_v3"
  case squeezenet
  case shufflenetV2 = "shufflenet_v2"
  case regnet
  case timmEfficientnet = "timm_efficientnet"

  /// Whose they are, and what they look like; a row of the table in docs/language.md, and what editors show.
  package var meaning: Meaning {
    switch self {
    case .resnet:
      Meaning(
        "`resnet`",
        "torchvision's ResNet, ResNeXt and Wide ResNet, timm's SE-ResNet and ECA-ResNet: `layer1.0.conv1`, `fc`")
    case .resnetD:
      Meaning(
        "`resnet_d`",
        "timm's ResNet-D: `resnet`, but the convolutions before the blocks are one module: `conv1.0`, `conv1.1` for its "
          + "norm, `conv1.3` ..., and `bn1` for the last norm")
    case .res2net:
      Meaning(
        "`res2net`",
        "timm's Res2Net: `resnet`, but the convolutions in the braces of a block are `layer1.0.convs.0`, `.convs.1` ..., "
          + "their norms `.bns.0` ..., and the one behind them `.conv3`")
    case .resnetv2:
      Meaning(
        "`resnetv2`",
        "timm's ResNetV2 and BiT: `stem.conv`; `stages.0.blocks.0.norm1`, `.conv1`, `.downsample.conv`; `norm`; `head.fc`"
      )
    case .vgg:
      Meaning("`vgg`", "torchvision's VGG and AlexNet: `features.0`, `classifier.6`")
    case .mobilenetV2:
      Meaning(
        "`mobilenet_v2`",
        "torchvision's MobileNetV2: `features.0.0`, `.0.1`; `features.2.conv.0.0`, `.0.1`, `.2`, `.3`, where `.2` is the "
          + "convolution without an activation; `classifier.1`")
    case .mobilenetV3:
      Meaning(
        "`mobilenet_v3`",
        "torchvision's MobileNetV3: `features.4.block.0.0`, `.0.1`; `.block.2.fc1` for an `se`; `classifier.0`, "
          + "`classifier.3`")
    case .efficientnet:
      Meaning(
        "`efficientnet`",
        "torchvision's EfficientNet: as `mobilenet_v3`, with a number for each row and one for each of its blocks: "
          + "`features.2.0.block.0.0`")
    case .convnext:
      Meaning(
        "`convnext`",
        "torchvision's ConvNeXt: a number for each row and one for each of its blocks: `features.0.0`, `.0.1`; "
          + "`features.1.0.block.0`, `.block.2` for the norm, `.block.3`, `.block.5`, `.layer_scale`; `features.2.0`; "
          + "`classifier.0`, `classifier.2`")
    case .densenet:
      Meaning(
        "`densenet`",
        "torchvision's DenseNet: `features.conv0`, `.norm0`; a row with braces is a dense block and its braces are "
          + "layers: `features.denseblock1.denselayer1.norm1`, `.conv1`; a row with a convolution after it is a "
          + "transition: `features.transition1.norm`, `.conv`; `features.norm5`; `classifier`")
    case .googlenet:
      Meaning(
        "`googlenet`",
        "torchvision's GoogLeNet: rows are modules by their names, one convolution each or one pair of braces: "
          + "`conv1.conv`, `.bn`; `inception3a.branch1.conv`; `inception3a.branch4.1.conv` in a branch of several "
          + "layers, pools counted from 0; `fc`")
    case .bnInception:
      Meaning(
        "`bn_inception`",
        "BN-Inception as Caffe and `pretrainedmodels` have it: `conv1_7x7_s2`, `conv1_7x7_s2_bn`; a row with braces gives "
          + "its name to their layers: `inception_3a_1x1`, `inception_3a_3x3_reduce`, `inception_3a_double_3x3_2`, "
          + "`inception_3a_pool_proj`; `last_linear`")
    case .inceptionV3:
      Meaning(
        "`inception_v3`",
        "torchvision's and timm's Inception-v3: rows are modules by their names, and a branch is called after its "
          + "windows: `Conv2d_1a_3x3.conv`, `.bn`; `Mixed_5b.branch1x1`, `.branch3x3dbl_3`, `.branch_pool`; "
          + "`Mixed_6b.branch7x7_2` for 1x7 and 7x1; `Mixed_7b.branch3x3_2a` in braces within braces; `fc`")
    case .squeezenet:
      Meaning(
        "`squeezenet`",
        "torchvision's SqueezeNet: as `vgg`, with a group of layers as one module: `features.3.squeeze`, "
          + "`.expand1x1`; from the last dropout on `classifier.1`")
    case .shufflenetV2:
      Meaning(
        "`shufflenet_v2`",
        "torchvision's ShuffleNetV2: rows are modules by their names, with a number for each group of a row and, in it, "
          + "each branch a sequence: `conv1.0`, `.1`; `stage2.0.branch1.0`, `.1`, `.2`, `.3`; `conv5.0`; `fc`")
    case .regnet:
      Meaning(
        "`regnet`",
        "torchvision's RegNet: `stem.0`, `.1`; a block's convolutions are `trunk_output.block1.block1-0.f.a.0`, `.f.b.0`, "
          + "`.f.c.0`, its `se` `.f.se.fc1`, its projection `.proj.0`; `fc`")
    case .timmEfficientnet:
      Meaning(
        "`timm_efficientnet`",
        "timm's EfficientNet and MobileNetV2: `conv_stem`, `bn1`; `blocks.1.0.conv_pw`, `.bn1`, `.conv_dw`, `.bn2`, "
          + "`.se.conv_reduce`, `.se.conv_expand`, `.conv_pwl`, `.bn3`; `conv_head`, `bn2`; `classifier`")
    }
  }
}
