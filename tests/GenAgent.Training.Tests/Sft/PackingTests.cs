using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Sft;

public sealed class PackingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Qwen25VLModel _model;
    private readonly List<EncodedConversation> _conversations;

    public PackingTests()
    {
        TinyAgent.Prepare(_folder.Path, TinyAgent.Options);
        var tokenizer = TokenizerLoader.Load(_folder.File("model"));
        _model = new Qwen25VLModel(TinyAgent.Options.Model.ToConfig(token => tokenizer.IdOf(token), tokenizer.IdLimit));
        _model.Initialize(4);
        var encoder = new ConversationEncoder(tokenizer, new ImageProcessor(ImageProcessorOptions.Load(_folder.File("model"))), fromRound: 1, maxTokens: 512);
        var source = new SquaresSource();
        _conversations = [.. Enumerable.Range(0, (int)source.Count).Select(i => encoder.Encode(source.Read(i, 0)))];
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true, 160, 1)]
    [InlineData(true, 100_000, 1)]
    [InlineData(true, 300, 2)]
    [InlineData(false, 160, 1)]
    [InlineData(false, 100_000, 2)]
    public void Packed_conversations_have_the_loss_and_the_gradients_that_they_have_alone(bool share, int packTokens, int workers)
    {
        var packs = Packing.Pack(_conversations, _model.Config.ImageTokenId, packTokens, share, workers);
        packs.Sum(pack => pack.Conversations.Count).ShouldBe(_conversations.Count);
        if (share) packs.Where(pack => pack.Conversations.Count > 1).ShouldAllBe(pack => pack.Prefix > 20);
        var (loss, gradients) = Differentiate(packs);
        var (expected, alone) = Differentiate([.. _conversations.Select(one => new Pack([one], 0))]);

        loss.ShouldBe(expected, 1e-5 * expected);
        alone.Values.ShouldAllBe(gradient => gradient.Any(value => value != 0));
        foreach (var (name, gradient) in gradients)
        {
            var scale = alone[name].Max(Math.Abs);
            for (var i = 0; i < gradient.Length; i++) gradient[i].ShouldBe(alone[name][i], 2e-4f * scale, $"{name}[{i}]");
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5, 0.99999)]
    [InlineData(ScalarType.BFloat16, 1e-2, 0.99)]
    public void Products_of_another_type_change_loss_and_gradients_by_their_rounding_alone(ScalarType type, double tolerance, double cosine)
    {
        var packs = Packing.Pack(_conversations, _model.Config.ImageTokenId, packTokens: 300, sharePrefix: true, workers: 1);
        packs.ShouldContain(pack => pack.Tokens % 64 != 0 && pack.Learned % 64 != 0, "rows and learned places are filled up");
        var (expected, exact) = Differentiate(packs);
        _model.UseProductType(type);
        var (loss, gradients) = Differentiate(packs);

        loss.ShouldBe(expected, tolerance * expected);
        if (type != ScalarType.Float32) loss.ShouldNotBe(expected);
        foreach (var (name, gradient) in gradients) Cosine(gradient, exact[name]).ShouldBeGreaterThan(cosine, name);

        static double Cosine(float[] a, float[] b) =>
            a.Zip(b, (x, y) => (double)x * y).Sum() / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(y => (double)y * y));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void A_conversation_does_not_see_its_neighbours(int multiple)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var prefix = _conversations[0].FirstTurn;
        using var batch = Qwen25VLBatch.Pack(_model.Config, [.. _conversations.Take(4).Select(one => one.Sequence)], prefix, multiple: multiple);
        var packed = _model.HiddenStates(batch);
        var at = prefix;
        foreach (var one in _conversations.Take(4))
        {
            using var single = Qwen25VLBatch.Create(_model.Config, [one.Sequence]);
            var own = one.Length - prefix;
            (packed.narrow(1, at, own) - _model.HiddenStates(single).narrow(1, prefix, own)).abs().max().item<float>().ShouldBeLessThan(1e-4f);
            at += own;
        }

        packed.shape[1].ShouldBe((at + multiple - 1) / multiple * multiple);
    }

    [Fact]
    public void A_prefix_that_differs_or_holds_an_image_is_refused()
    {
        var sequences = _conversations.Take(2).Select(one => one.Sequence).ToList();
        Should.Throw<ArgumentException>(() => Qwen25VLBatch.Pack(_model.Config, sequences, _conversations[0].Length - 1));
        Should.Throw<ArgumentException>(() => Qwen25VLBatch.Pack(_model.Config, [sequences[0], sequences[0]], _conversations[0].Length - 1))
            .Message.ShouldContain("without images");
        Should.Throw<ArgumentException>(() => Qwen25VLBatch.Pack(_model.Config, sequences, 100_000)).Message.ShouldContain("a token behind");
    }

    private (double Loss, Dictionary<string, float[]> Gradients) Differentiate(List<Pack> packs)
    {
        using var parameters = new FlatParameters(_model.named_parameters());
        using var gradient = new GradientBuffer(parameters);
        var tokens = packs.Sum(pack => (long)pack.Learned);
        var sum = 0.0;
        foreach (var pack in packs)
        {
            using var scope = NewDisposeScope();
            var loss = pack.Loss(_model, tokens, new MetricSums());
            sum += loss.item<float>();
            gradient.Accumulate(loss);
        }

        return (sum, parameters.Slots.ToDictionary(slot => slot.Name, slot => gradient[slot.Name].contiguous().data<float>().ToArray()));
    }
}
