// What the steps of `preprocess` mean, and the words that follow them.

extension HeaderDescription {
  static let preprocess = HeaderDescription(
    [
      Meaning(
        "`preprocess ...`",
        "what happens to an image before the network, in the terms of torchvision's evaluation transforms")
    ], .words,
    options: [
      .step(
        "orient", Meaning("`orient`", "turns a photograph upright as its camera noted (Exif)", default: "as stored")),
      .step(
        "square",
        Meaning("`square`", "pads the image to a square before it is resized, evenly on both sides", default: "not")),
      .step(
        "fill",
        Meaning(
          "`fill 124 116 104`",
          "the colour of what is padded, there and by a crop that is larger than the image: whole "
            + "numbers from 0 to 255, red first", default: "black")),
      .step(
        "resize",
        Meaning(
          "`resize 256 bilinear`",
          "length of the short side; then how: `nearest`, `box`, `bilinear`, `hamming`, `bicubic` or `lanczos`, as "
            + "Pillow resizes, antialiased",
          default: "256/224 of the crop, rounded; the crop itself under 64 pixels; `bilinear`")),
      .form(
        Meaning("`resize 224x224`", "height and width, whatever becomes of the ratio")),
      .form(
        Meaning(
          "`resize 224 fit`, `resize 256x219 cover`",
          "the largest size of the image's ratio that lies within, or the smallest that covers it, as timm rounds them")
      ),
      .form(
        Meaning(
          "`resize 256 bilinear no antialias`",
          "of `bilinear` and `bicubic`: as PyTorch resizes tensors of bytes with `antialias=False`")),
      .step(
        "crop",
        Meaning("`crop 224`, `crop 224x192`", "centre crop; must be the input's size", default: "the input's size")),
      .form(Meaning("`crop none`", "the whole image, resized to the input's height and width")),
      .step("bgr", Meaning("`bgr`", "blue is the first channel, as in Caffe", default: "red is")),
      .step(
        "range",
        Meaning(
          "`range 0 1`, `range -1 1`, `range 0 255`", "what pixels from 0 to 255 are scaled to", default: "`range 0 1`")
      ),
      .step(
        "mean",
        Meaning(
          "`mean 0.485 0.456 0.406`",
          "subtracted from each channel of the network; of values in the range, so with 0...1 none is above 1",
          default: "ImageNet's for 3 channels in 0...1, else 0")),
      .step(
        "std",
        Meaning(
          "`std 0.229 0.224 0.225`", "what each channel is then divided by",
          default: "ImageNet's for 3 channels in 0...1, else 1")),
      .constant("nearest", "Takes the pixel under the centre. Default: `bilinear`."),
      .constant("box", "The mean of the pixels under the new one. Default: `bilinear`."),
      .constant("bilinear", "How the image is resized. Default: `bilinear`."),
      .constant("hamming", "A Hamming window of radius 1. Default: `bilinear`."),
      .constant("bicubic", "How the image is resized. Default: `bilinear`."),
      .constant("lanczos", "A windowed sinc of radius 3. Default: `bilinear`."),
      .constant("fit", "The largest size of the image's ratio that lies within."),
      .constant("cover", "The smallest size of the image's ratio that covers it."),
      .constant("none", "`crop none`: the whole image, resized to the input's height and width."),
      .shared("no", "`no antialias`: the filter stays as narrow where the image shrinks."),
      .constant("antialias", "`no antialias`: the filter stays as narrow where the image shrinks, as in PyTorch."),
    ],
    offers: [
      Offer(place: .start, words: steps),
      Offer(place: .afterComma, words: steps),
      Offer(
        place: .afterValueOf("resize"),
        words: ["bilinear", "bicubic", "nearest", "lanczos", "box", "hamming", "fit", "cover", "no antialias"]),
      Offer(place: .after("bilinear"), words: ["no antialias"]),
      Offer(place: .after("bicubic"), words: ["no antialias"]),
      Offer(place: .after("crop"), words: ["none"]),
    ])

  private static let steps = ["resize", "crop", "mean", "std", "range", "bgr", "orient", "square", "fill"]
}
