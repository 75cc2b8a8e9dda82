using System.Globalization;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Training.Sources;
using GenAgent.Micro.Verification;
using GenAgent.Training.Autoencoder;

namespace GenAgent.Micro.Training.Evaluations;

/// <summary>How well an autoencoder brings scenes back that it was not trained on, and a sheet to look at.</summary>
internal sealed class ReconstructionEvaluation(MicroImageSource source, string folder) : IReconstructionEvaluation
{
    // Far beyond any run's last sample, so that these scenes are never trained on.
    private const long FirstScene = 1L << 40;
    private const int Scenes = 256;
    private const int BatchSize = 16;
    private const int SheetColumns = 8;

    private readonly SceneReader _reader = new();

    public IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, Func<IReadOnlyList<long>, Reconstructions> reconstruct)
    {
        var squares = 0.0;
        List<(CanvasColor Canvas, bool Right)> read = [];
        for (var at = 0; at < Scenes; at += BatchSize)
        {
            long[] indices = [.. Enumerable.Range(at, BatchSize).Select(i => FirstScene + i)];
            var batch = reconstruct(indices);
            squares += batch.MeanSquaredError * BatchSize;
            read.AddRange(PixelSheet.ToImages(batch.Images).Select((image, i) => (source.SceneOf(indices[i]), image))
                .Select(one => (one.Item1.Canvas, SceneVerifier.Verify(_reader.Read(one.image), one.Item1).Passed)));
            if (at == 0) WriteSheet(stepsTaken, batch);
        }

        var figures = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["evaluation/read_right"] = read.Count(one => one.Right) / (double)Scenes,

            // Pixels span 2 from -1 to 1.
            ["psnr"] = 10 * Math.Log10(4 / (squares / Scenes)),
        };
        foreach (var group in read.GroupBy(one => one.Canvas))
            figures[$"evaluation/read_right_{WorldWords.Name(group.Key)}"] = group.Count(one => one.Right) / (double)group.Count();
        return figures;
    }

    private void WriteSheet(long step, Reconstructions batch)
    {
        var rows = PixelSheet.ToImages(batch.Originals).Chunk(SheetColumns).Zip(PixelSheet.ToImages(batch.Images).Chunk(SheetColumns));
        var sheet = PixelSheet.Tile([.. rows.SelectMany(pair => pair.First.Concat(pair.Second))], SheetColumns);
        File.WriteAllBytes(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"reconstructions-{step:D7}.png")), sheet.EncodePng());
    }
}
