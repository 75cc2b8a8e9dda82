using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Gguf;
using GenAgent.Torch.Packed;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tests.Flux;
using GenAgent.Torch.Tests.Golden;
using GenAgent.Torch.Tests.Packed;
using GenAgent.Torch.Tests.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tensors_are_read_by_name_with_the_outermost_dimension_first()
    {
        using var scope = NewDisposeScope();
        var blocks = PackedWeightTests.RandomBlocks(PackedFormat.Q4_K, 512);
        File.WriteAllBytes(_folder.File("a.gguf"), new RawGguf("flux")
            .Add("plain", [2, 3], [1, 2, 3, 4, 5, 6])
            .Add("half", [2], RawGguf.F16, [.. BitConverter.GetBytes((Half)1.5f), .. BitConverter.GetBytes((Half)(-2f))])
            .Add("packed", [2, 256], RawGguf.Q4_K, blocks).ToBytes());
        using var file = WeightSource.Open(_folder.File("a.gguf"));

        file.Entries["plain"].Shape.ShouldBe([2, 3]);
        Compare.Floats(file.Read("plain")).ShouldBe([1, 2, 3, 4, 5, 6]);
        Compare.Floats(file.Read("half")).ShouldBe([1.5f, -2f]);
        var packed = file.Read("packed", ScalarType.Float32);
        packed.shape.ShouldBe([2L, 256L]);
        Compare.Floats(packed).ShouldBe([.. PackedReference.Decode(PackedFormat.Q4_K, blocks)]);
        (file.HasPacked, file.PackedBytes("packed"), file.PackedBytes("plain")).ShouldBe((true, 288L, null));
        ((GgufFile)file).Architecture.ShouldBe("flux");
    }

    [Fact]
    public void A_file_that_breaks_the_format_or_holds_other_blocks_says_so()
    {
        var whole = new RawGguf("flux").Add("a", [4, 32], new float[128]).ToBytes();
        Fault(whole[..^4]).ShouldContain("\"a\" lies outside of the file");
        Fault(whole[..60]).ShouldContain("the file was cut off");
        Fault([.. "FUGG"u8, .. whole[4..]]).ShouldContain("no GGUF file");
        Fault(whole[..10]).ShouldContain("too few");
        Fault(new RawGguf("flux").Add("a", [1, 32], RawGguf.Q4_0, new byte[18]).ToBytes())
            .ShouldContain("\"a\" is of type Q4_0; F32, F16, BF16, Q8_0, Q4_K, Q5_K and Q6_K are read");
        Fault(new RawGguf("flux").Add("a", [1, 33], RawGguf.Q8_0, new byte[68]).ToBytes()).ShouldContain("no whole blocks of 32");
        Fault("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"u8.ToArray()).ShouldContain("git-lfs pointer");
        var many = (byte[])whole.Clone();
        BitConverter.TryWriteBytes(many.AsSpan(8), long.MaxValue);
        Fault(many).ShouldContain("tensors");
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var bytes = (byte[])whole.Clone();
            for (var i = 0; i < 4; i++) bytes[random.Next(200)] = (byte)random.Next(256);
            File.WriteAllBytes(_folder.File("fuzz.gguf"), bytes);
            try
            {
                GgufFile.Open(_folder.File("fuzz.gguf")).Dispose();
            }
            catch (SafetensorsException)
            {
                // Damage is told as damage, never as a crash.
            }
        }

        string Fault(byte[] bytes)
        {
            File.WriteAllBytes(_folder.File("bad.gguf"), bytes);
            var message = Should.Throw<SafetensorsException>(() => WeightSource.Open(_folder.File("bad.gguf"))).Message;
            message.ShouldStartWith(_folder.File("bad.gguf"));
            return message;
        }
    }

    public static TheoryData<string> SingleFiles =>
        FluxCase.With(@"^tr\.final$", golden => golden.TransformerFile is not null && golden.HasPart("transformer/config.json"));

    [Theory]
    [MemberData(nameof(SingleFiles))]
    public void A_transformer_in_GGUF_stays_packed_in_memory_and_paints_as_the_same_numbers_widened(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var config = GenAgent.Torch.Flux.ModelConfig.Read<GenAgent.Torch.Flux.Transformer.FluxTransformerConfig>(
            Path.Combine(golden.ModelFolder, "transformer", "config.json"));
        var gguf = new RawGguf("flux");
        using (var file = WeightSource.Open(golden.TransformerFile!))
        {
            foreach (var entry in file.Entries.Values)
            {
                var values = Compare.Floats(file.Read(entry.Name));
                if (entry.Shape.Count == 2 && entry.Shape[1] % 32 == 0) gguf.AddPacked(entry.Name, [.. entry.Shape], values);
                else gguf.Add(entry.Name, [.. entry.Shape], values);
            }
        }

        var path = _folder.File("flux.gguf");
        File.WriteAllBytes(path, gguf.ToBytes());
        using var packed = FluxSingleFile.LoadTransformer(path, config, device: null, ScalarType.Float32, keepPacked: true);
        using var wide = FluxSingleFile.LoadTransformer(path, config, dtype: ScalarType.Float32);

        packed.Linears().Values.Count(linear => linear.Packed is not null).ShouldBeGreaterThan(10);
        wide.Linears().Values.ShouldAllBe(linear => linear.Packed == null);
        var velocity = FluxInputs.Run(packed, golden, "tr.in.");
        Compare.Close(Compare.Floats(FluxInputs.Run(wide, golden, "tr.in.")), velocity, "velocity", 1e-5, 1e-5);
        Compare.RelativeError(golden.Floats("tr.final"), Compare.Floats(velocity)).ShouldBeLessThan(0.05);
    }

    [Fact]
    public void A_Qwen_in_two_GGUF_files_answers_as_the_model_that_they_were_made_from()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var config = Tiny.Config();
        config = config with { Text = config.Text with { IntermediateSize = 64 }, Vision = config.Vision with { HiddenSize = 32, IntermediateSize = 64 } };
        using var model = new Qwen25VLModel(config);
        model.Initialize(3);
        Qwen25VLCheckpoint.Save(model, _folder.Path);
        WriteGguf(model);
        File.Delete(_folder.File("model.safetensors"));

        using var packed = Qwen25VLCheckpoint.LoadPacked(_folder.Path);
        using var wide = Qwen25VLCheckpoint.Load(_folder.Path);

        (packed.IsPacked, wide.IsPacked).ShouldBe((true, false));
        var image = new GenAgent.Torch.Imaging.ImageProcessor(new() { MinPixels = 1, MaxPixels = 1 << 20 }).Process(
            new GenAgent.Torch.Imaging.RgbImage(56, 56, [.. Enumerable.Range(0, 56 * 56 * 3).Select(i => (byte)(i * 7))]));
        using var batch = Qwen25VLBatch.Create(config, [new Qwen25VLSequence([5, 62, .. Enumerable.Repeat(Tiny.ImagePad, 4), 63, 6, 7], [image])]);
        var logits = packed.Forward(batch);
        Compare.Close(Compare.Floats(wide.Forward(batch)), logits, "packed and widened", 1e-4, 1e-4);
        Compare.RelativeError(Compare.Floats(model.Forward(batch)), Compare.Floats(logits)).ShouldBeLessThan(0.05);

        File.Delete(_folder.File("mmproj.gguf"));
        Should.Throw<SafetensorsException>(() => Qwen25VLCheckpoint.LoadPacked(_folder.Path)).Message
            .ShouldContain("its vision tower (mmproj-*.gguf); here are 1, of which 0 are towers");
    }

    private void WriteGguf(Qwen25VLModel model)
    {
        var (language, vision) = (new RawGguf("qwen2vl"), new RawGguf("clip"));
        foreach (var (stored, tensor) in model.state_dict())
        {
            var name = Qwen25VLCheckpoint.ToPublishedName(stored);
            var values = Compare.Floats(tensor);
            if (name.StartsWith("visual.patch_embed", StringComparison.Ordinal))
            {
                for (var frame = 0; frame < 2; frame++)
                {
                    var one = tensor.select(2, frame).contiguous();
                    vision.Add(frame == 0 ? "v.patch_embd.weight" : "v.patch_embd.weight.1", one.shape, Compare.Floats(one));
                }
            }
            else if (name.Contains(".qkv.", StringComparison.Ordinal))
            {
                foreach (var (part, letter) in tensor.chunk(3, 0)
                    .Zip("qkv")) Add(
                        vision, LlamaName(name).Replace("attn_qkv", $"attn_{letter}", StringComparison.Ordinal), part.shape, Compare.Floats(part.contiguous()));
            }
            else
            {
                Add(name.StartsWith("visual.", StringComparison.Ordinal) ? vision : language, LlamaName(name), tensor.shape, values);
            }
        }

        File.WriteAllBytes(_folder.File("model-Q8_0.gguf"), language.ToBytes());
        File.WriteAllBytes(_folder.File("mmproj.gguf"), vision.ToBytes());

        static void Add(RawGguf file, string name, long[] shape, float[] values)
        {
            if (shape.Length == 2 && shape[1] % 32 == 0) file.AddPacked(name, shape, values);
            else file.Add(name, shape, values);
        }
    }

    private static string LlamaName(string published) => new (string From, string To)[]
    {
        ("visual.merger.ln_q", "v.post_ln"), ("visual.merger.mlp.", "mm."), ("visual.blocks.", "v.blk."), ("norm1", "ln1"), ("norm2", "ln2"),
        ("attn.qkv", "attn_qkv"), ("attn.proj", "attn_out"),
        ("model.embed_tokens", "token_embd"), ("model.layers.", "blk."), ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"), ("model.norm", "output_norm"), ("lm_head", "output"),
    }.Aggregate(published, (name, pair) => name.Replace(pair.From, pair.To, StringComparison.Ordinal));
}
