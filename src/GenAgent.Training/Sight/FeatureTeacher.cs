using GenAgent.Torch;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Sources;
using static TorchSharp.torch;

namespace GenAgent.Training.Sight;

/// <summary>
/// A frozen vision tower whose features another tower learns to reproduce (distillation). Safe to use from several threads at once.
/// </summary>
internal sealed class FeatureTeacher(string folder, Device device) : IDisposable
{
    private readonly ImageProcessor _processor = new(ImageProcessorOptions.Load(folder));
    private readonly Qwen25VLModel _model = Qwen25VLCheckpoint.Load(folder, ScalarType.Float32, device);

    /// <summary>The features of images, one after the other: <c>[images x features, width]</c>.</summary>
    public Tensor Features(IEnumerable<PixelImage> images)
    {
        using var frozen = no_grad();
        return _model.ImageFeatures([.. images.Select(image => _processor.Process(new RgbImage(image.Width, image.Height, image.Pixels)))]);
    }

    /// <summary>
    /// The squared distance between features and a teacher's, relative to the teacher's own square: 0 for equal features, 1 for features that are all 0.
    /// </summary>
    public static Tensor Distance(Tensor features, Tensor taught) => (features - taught).Squared().sum() / taught.Squared().sum();

    public void Dispose() => _model.Dispose();
}
