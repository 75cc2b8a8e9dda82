using GenAgent.Torch.Flux.Loading;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class TextEncoderTests
{
    public static TheoryData<string> ClipCases => FluxCase.WithPart(@"^text\.clip_pooled\.", "text_encoder");

    public static TheoryData<string> T5Cases => FluxCase.WithPart(@"^text\.t5_last_hidden\.", "text_encoder_2");

    [Theory]
    [MemberData(nameof(ClipCases))]
    public void Clip_reads_a_prompt_as_the_reference_does(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var clip = FluxFolder.LoadClip(golden.ModelFolder, dtype: ScalarType.Float32);
        foreach (var prompt in Prompts(golden, "text.clip_pooled."))
        {
            var (features, pooled) = clip.Forward(golden.Ids($"tok.clip.{prompt}"));
            golden.ShouldMatch(features, $"text.clip_last_hidden.{prompt}", 2e-5, 1e-4);
            golden.ShouldMatch(pooled, $"text.clip_pooled.{prompt}", 2e-5, 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(T5Cases))]
    public void T5_reads_a_prompt_as_the_reference_does(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var t5 = FluxFolder.LoadT5(golden.ModelFolder, dtype: ScalarType.Float32);
        foreach (var prompt in Prompts(golden, "text.t5_last_hidden."))
            golden.ShouldMatch(t5.forward(golden.Ids($"tok.t5.{prompt}")), $"text.t5_last_hidden.{prompt}", 2e-5, 1e-4);
    }

    [Fact]
    public void T5_in_half_precision_keeps_what_overflows_it_in_fp32_and_stays_finite()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var exact = TinyFlux.NewT5();
        foreach (var (name, parameter) in exact.named_parameters())
        {
            if (name.EndsWith("wo.weight", StringComparison.Ordinal)) parameter.TimesInPlace(2e7);
        }

        using var half = new GenAgent.Torch.Flux.TextEncoders.T5Encoder(TinyFlux.T5, dtype: ScalarType.Float16);
        foreach (var (name, parameter) in half.named_parameters())
        {
            parameter.dtype.ShouldBe(name.EndsWith("wo.weight", StringComparison.Ordinal) ? ScalarType.Float32 : ScalarType.Float16, name);
            parameter.copy_(exact.get_parameter(name)!);
        }

        var ids = tensor(new long[] { 5, 9, 11, 1 }).view(1, 4);
        var (expected, features) = (exact.forward(ids), half.forward(ids));

        features.dtype.ShouldBe(ScalarType.Float16);
        Golden.Compare.Close(Golden.Compare.Floats(expected), features, "features", 0.03, 0.03);
    }

    private static string[] Prompts(FluxCase golden, string prefix) =>
        [.. golden.Names.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..])];
}
