using GenAgent.Torch;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Sources;
using static TorchSharp.torch;

namespace GenAgent.Training.Sight;

/// <summary>
/// A tower that stays as it is and says what features it makes of an image; another tower learns to make their like. Safe to use from several threads at
/// once.
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
    /// The squared distance between features and a teacher's, relative to the teacher's own square: 0 for the same, 1 for a student that says nothing.
    /// </summary>
    public static Tensor Distance(Tensor features, Tensor taught) => (features - taught).Squared().sum() / taught.Squared().sum();

    public void Dispose() => _model.Dispose();
}
