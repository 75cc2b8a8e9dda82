using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Imitates the faults of image generators: soft edges, grain, shifted colours, and shapes that are half one thing and half another. Not thread-safe (it
/// owns a renderer); the same scene and draws give the same bytes.
/// </summary>
internal sealed class Blemishes : IDisposable
{
    private const int Side = World.ImageSize;
    private readonly SceneRenderer _renderer = new();

    public RgbImage Clean(Scene scene) => _renderer.Render(scene);

    public RgbImage Degrade(Scene scene, SeededDraws draws)
    {
        var image = Array.ConvertAll(_renderer.Render(scene).Pixels, p => (float)p);
        if (scene.Objects.Length > 0 && draws.Chance(0.5))
        {
            var spoiled = draws.Sample(scene.Objects, Math.Min(scene.Objects.Length, 1 + draws.Below(2)));
            foreach (var item in spoiled)
                Spoil(image, scene, item, draws);
        }

        if (draws.Chance(0.6))
            Blur(image, (float)draws.Uniform(0.3, 1.2));
        if (draws.Chance(0.5))
            Drift(image, draws);
        if (draws.Chance(0.6))
            Grain(image, draws.Uniform(1, 9), draws);
        return Bytes(image);
    }

    /// <summary>
    /// The same image with slightly changed colours, sometimes softer: an object close to the threshold of "unclear" may cross it.
    /// </summary>
    public static RgbImage Retouch(RgbImage image, SeededDraws draws)
    {
        var pixels = Array.ConvertAll(image.Pixels, p => (float)p);
        Drift(pixels, draws);
        if (draws.Chance(0.3))
            Blur(pixels, (float)draws.Uniform(0.3, 0.6));
        return Bytes(pixels);
    }

    public void Dispose() => _renderer.Dispose();

    /// <summary>Damages one object: two classes, two colours, faded, cut off, or with a shadow in the next cell.</summary>
    private void Spoil(float[] image, Scene scene, SceneObject item, SeededDraws draws)
    {
        var share = (float)draws.Uniform(0.3, 0.7);
        var (x0, y0) = (item.Cell.Column() * World.CellSize, item.Cell.Row() * World.CellSize);
        switch (draws.Below(5))
        {
            case 0:
                Mix(
                    image,
                    Without(scene, item, item with { Class = draws.Pick([.. World.Classes.Where(c => c != item.Class)]) }),
                    share,
                    x0,
                    y0,
                    World.CellSize,
                    World.CellSize);
                break;
            case 1:
                Mix(
                    image,
                    Without(scene, item, item with { Color = draws.Pick([.. World.Colors.Where(c => c != item.Color)]) }),
                    1,
                    x0,
                    y0,
                    (int)(World.CellSize * share),
                    World.CellSize);
                break;
            case 2:
                Mix(image, Without(scene, item, null), share, x0, y0, World.CellSize, World.CellSize);
                break;
            case 3:
                Mix(
                    image,
                    Without(scene, item, null),
                    1,
                    x0,
                    y0 + (int)(World.CellSize * share),
                    World.CellSize,
                    World.CellSize - (int)(World.CellSize * share));
                break;
            default:
                var free = World.Cells.Where(c => scene.Objects.All(o => o.Cell != c)).ToArray();
                var cell = draws.Pick(free);
                Mix(
                    image,
                    Without(scene, item, item with { Cell = cell }),
                    share,
                    cell.Column() * World.CellSize,
                    cell.Row() * World.CellSize,
                    World.CellSize,
                    World.CellSize);
                break;
        }
    }

    private RgbImage Without(Scene scene, SceneObject item, SceneObject? instead) =>
        _renderer.Render(new Scene(scene.Canvas, scene.Objects.Where(o => o != item).Concat(instead is null ? [] : [instead])));

    private static void Mix(float[] image, RgbImage other, float share, int left, int top, int width, int height)
    {
        for (var y = top; y < top + height; y++)
        {
            for (var i = 3 * ((y * Side) + left); i < 3 * ((y * Side) + left + width); i++)
                image[i] += share * (other.Pixels[i] - image[i]);
        }
    }

    /// <summary>A Gaussian of this deviation in pixels, along rows and then columns.</summary>
    private static void Blur(float[] image, float deviation)
    {
        var reach = (int)MathF.Ceiling(2.5f * deviation);
        var kernel = Enumerable.Range(-reach, (2 * reach) + 1).Select(i => MathF.Exp(-i * i / (2 * deviation * deviation))).ToArray();
        var sum = kernel.Sum();
        for (var k = 0; k < kernel.Length; k++)
            kernel[k] /= sum;
        var source = new float[image.Length];
        foreach (var stride in new[] { 3, 3 * Side })
        {
            image.CopyTo(source, 0);
            for (var i = 0; i < image.Length; i++)
            {
                var position = i / stride % Side;
                var inside = position >= reach && position < Side - reach;
                var value = 0f;
                for (var k = -reach; k <= reach; k++)
                    value += kernel[k + reach] * source[inside ? i + (k * stride) : i + ((Math.Clamp(position + k, 0, Side - 1) - position) * stride)];
                image[i] = value;
            }
        }
    }

    private static RgbImage Bytes(float[] pixels) => new(Side, Side, Array.ConvertAll(pixels, v => (byte)Math.Clamp(MathF.Round(v), 0, 255)));

    private static void Drift(float[] image, SeededDraws draws)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            var (gain, offset) = ((float)draws.Uniform(0.92, 1.08), (float)draws.Uniform(-10, 10));
            for (var i = channel; i < image.Length; i += 3)
                image[i] = (gain * image[i]) + offset;
        }
    }

    private static void Grain(float[] image, double deviation, SeededDraws draws)
    {
        for (var i = 0; i < image.Length; i++)
            image[i] += (float)(deviation * Fast(draws));
    }

    // A sum of uniform draws is close enough to a normal one, at a third of the cost.
    private static double Fast(SeededDraws draws)
    {
        var bits = draws.NextBits();
        var sum = (ushort)bits + (double)(ushort)(bits >> 16) + (ushort)(bits >> 32) + (ushort)(bits >> 48);
        return ((sum / 65536) - 2) * 1.732;
    }
}
