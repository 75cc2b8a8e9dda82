using GenAgent.Training.Optimization;
using TorchSharp;
using TorchSharp.Modules;

namespace GenAgent.Training.Tests.Optimization;

/// <summary>Rows of doubles as parameters, which is what the recordings are about.</summary>
internal static class DoubleParameters
{
    public static FlatParameters Of(double[][] rows) =>
        new(rows.Select((row, i) => ($"p{i}", new Parameter(torch.tensor(row, dtype: torch.ScalarType.Float64)))));

    public static void Write(FlatParameters parameters, torch.Tensor buffer, double[][] rows)
    {
        using var frozen = torch.no_grad();
        for (var i = 0; i < rows.Length; i++)
        {
            using var view = parameters.Slots[i].View(buffer);
            view.copy_(torch.tensor(rows[i], dtype: torch.ScalarType.Float64));
        }
    }

    public static double[][] Read(FlatParameters parameters, torch.Tensor buffer) =>
        [.. parameters.Slots.Select(slot => slot.View(buffer).data<double>().ToArray())];
}
