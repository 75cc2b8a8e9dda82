using System.Globalization;
using System.Text.RegularExpressions;
using GenAgent.Torch.Flux.Sampling;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed partial class LatentPackingTests
{
    public static TheoryData<string> PackCases => FluxCase.With(@"^pack\.");

    public static TheoryData<string> IdCases => FluxCase.With(@"^ids\.");

    [Theory]
    [MemberData(nameof(PackCases))]
    public void Latents_become_tokens_in_the_references_order_and_back(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        var shape = golden.Shape("pack.input");

        var tokens = LatentPacking.Pack(golden.Tensor("pack.input"));

        golden.ShouldMatch(tokens, "pack.packed", 0);
        golden.ShouldMatch(LatentPacking.Unpack(tokens, (int)shape[2], (int)shape[3]), "pack.unpacked", 0);
    }

    [Theory]
    [MemberData(nameof(IdCases))]
    public void Tokens_know_their_row_and_column(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        var scale = golden.Json.TryGetProperty("vae_scale_factor", out var factor) ? factor.GetInt32() : 8;
        foreach (var key in golden.Names.Where(key => key.StartsWith("ids.", StringComparison.Ordinal)))
        {
            if (SizePattern().Match(key) is not { Success: true } match) continue;
            int Side(string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
            golden.ShouldMatch(LatentPacking.ImageIds(Side("height") / scale, Side("width") / scale), key, 0);
        }
    }

    [Fact]
    public void Odd_latents_are_refused_with_their_shape()
    {
        using var scope = NewDisposeScope();
        Should.Throw<ArgumentException>(() => LatentPacking.Pack(zeros(1, 4, 3, 4))).Message.ShouldContain("[1, 4, 3, 4]");
    }

    [GeneratedRegex(@"^ids\.(?<width>\d+)x(?<height>\d+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SizePattern();
}
