using System.Globalization;
using System.Text.Json;
using GenAgent.TestKit.Golden;

namespace GenAgent.Training.Tests.Golden;

/// <summary>Reads the recordings' numbers: doubles with 17 digits, and the three that JSON lacks as text.</summary>
internal static class GoldenJson
{
    public static IEnumerable<JsonElement> All(string file, string list) =>
        GoldenRoot.Cases("rl", file).SelectMany(path => Recorded.Json(path).FindAll(list));

    public static double Number(this JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();

    public static double[] Numbers(this JsonElement values) => [.. values.EnumerateArray().Select(Number)];

    public static double[][] Rows(this JsonElement values) => [.. values.EnumerateArray().Select(Numbers)];

    public static bool IsNull(this JsonElement parent, string name) => !parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null;

    /// <summary>Equal to within 1e-12 of the larger one, as the recordings ask.</summary>
    public static void ShouldMatch(this double actual, double expected, string what) =>
        Math.Abs(actual - expected).ShouldBeLessThanOrEqualTo((1e-12 * Math.Max(Math.Abs(actual), Math.Abs(expected))) + 1e-18, what);

    public static void ShouldMatch(this double[] actual, double[] expected, string what)
    {
        actual.Length.ShouldBe(expected.Length, what);
        for (var i = 0; i < actual.Length; i++) actual[i].ShouldMatch(expected[i], $"{what}[{i}]");
    }
}
