using System.Text.Json;
using GenAgent.TestKit.Golden;

namespace GenAgent.Evaluation.Tests;

/// <summary>Recorded figures, and comparisons with them.</summary>
internal static class GoldenFiles
{
    /// <summary>The cases of one kind in every file of this name.</summary>
    public static IEnumerable<JsonElement> Cases(string name, string kind) => GoldenRoot.Files(name).SelectMany(file => Recorded.Json(file).FindAll(kind));

    public static double Number(this JsonElement element, string name)
    {
        var value = element.Need(name);
        return value.ValueKind == JsonValueKind.String
            ? double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : value.GetDouble();
    }

    /// <summary>Equal to one part in 10^12, or to an absolute tolerance near zero; a recorded infinity or NaN must be met exactly.</summary>
    public static void ShouldMatch(this double actual, double expected, string what, double absolute = 1e-14)
    {
        if (double.IsFinite(expected))
            actual.ShouldBe(expected, Math.Max(absolute, 1e-12 * Math.Abs(expected)), what);
        else
            actual.ShouldBe(expected, what);
    }
}
