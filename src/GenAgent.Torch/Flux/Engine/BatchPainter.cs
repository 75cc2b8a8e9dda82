using GenAgent.Torch.Flux.Lora;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Imaging;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>
/// Paints batches, one at a time: prompts, start, steps, pixels. Not thread-safe, but a batch may be painted on another thread than the one before.
/// </summary>
internal sealed class BatchPainter : IDisposable
{
    // Number of pixels decoded at once: enough to keep a machine busy, without exceeding the memory of the denoising steps.
    private const long PixelsAtOnce = 2 * 1024 * 1024;

    // Smaller parts load faster than the message can be read.
    private const long WorthSaying = 1L << 30;

    private readonly FluxParts _parts;
    private readonly FluxEngineOptions _options;
    private readonly PartStore _store;
    private readonly PromptCache _prompts;
    private readonly TiledDecoder _tiles;
    private LatentPreview? _preview;
    private (FluxTransformer? Model, string Key) _loras = (null, "");
    private string[] _loraWarnings = [];
    private IReadOnlyList<PaintJob> _present = [];

    public BatchPainter(FluxParts parts, FluxEngineOptions options, Action<IPart>? unloaded = null, Action<IPart>? loading = null)
    {
        (_parts, _options) = (parts, options);
        _store = new PartStore(options.MemoryBudget, unloaded, part =>
        {
            loading?.Invoke(part);
            foreach (var job in _present.Where(_ => part.Bytes >= WorthSaying))
            {
                job.Report($"loading the {part.Name}, {MemoryRoom.Say(part.Bytes)}", 0, job.Plan.Key.Steps);
            }
            MemoryRoom.Require($"The {part.Name} of {parts.Files.Name}", part.Bytes, parts.Device);
        });
        _prompts = new PromptCache(options.CachedPrompts);
        var tile = Math.Max(options.TileSide / parts.Autoencoder.Downscale, 8);
        _tiles = new TiledDecoder(tile, tile / 8);
    }

    /// <summary>Paints jobs of one key; completes each job unless it was cancelled or failed.</summary>
    public void Paint(IReadOnlyList<PaintJob> jobs, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var key = jobs[0].Plan.Key;
        _present = jobs;
        foreach (var job in jobs) job.Report("reading", 0, key.Steps);
        ReadPrompts(jobs, stop);
        stop.ThrowIfCancellationRequested();
        var schedule = FlowMatchSchedule.For(_parts.Scheduler, key.Steps, ImagePlan.Tokens(_parts, key.Width, key.Height));
        var latents = Denoise(ref jobs, Start(jobs, schedule), schedule, stop);
        if (latents is not null) Decode(jobs, latents, stop);
        _prompts.Trim();
    }

    public void Dispose()
    {
        _prompts.Dispose();
        _preview?.Dispose();
        _store.Dispose();
    }

    private void ReadPrompts(IReadOnlyList<PaintJob> jobs, CancellationToken stop)
    {
        var wanted = new Dictionary<string, PromptIds>(StringComparer.Ordinal);
        foreach (var job in jobs)
        {
            if (!_prompts.TryGet(job.Prompt, out _)) wanted[job.Prompt] = job.PromptIds;
            if (job.Negative is { } negative && !_prompts.TryGet(negative, out _)) wanted[negative] = job.NegativeIds!;
        }

        foreach (var chunk in wanted.Chunk(_options.MaxBatch))
        {
            stop.ThrowIfCancellationRequested();
            var encoders = _store.Get(_parts.TextPart);
            using var scope = NewDisposeScope();
            var dtype = _parts.TransformerPart.Loaded?.Dtype ?? encoders.T5.parameters().First().dtype;
            var features = PromptReading.Read(encoders.T5, encoders.Clip, [.. chunk.Select(entry => entry.Value)], dtype, _parts.Device);
            foreach (var (row, (prompt, _)) in chunk.Index())
                _prompts.Add(prompt, new PromptEmbedding(Row(features.Text, row), Row(features.Pooled, row)));
        }

        static Tensor Row(Tensor batch, int row) => batch.narrow(0, row, 1).clone().DetachFromDisposeScope();
    }

    private Denoising Start(IReadOnlyList<PaintJob> jobs, FlowMatchSchedule schedule)
    {
        var key = jobs[0].Plan.Key;
        var (height, width) = (key.Height / _parts.Autoencoder.Downscale, key.Width / _parts.Autoencoder.Downscale);
        var latents = cat([.. jobs.Select(job => StartOf(job, schedule, height, width))], 0).to(_parts.Device);
        var references = key.ReferenceWidth == 0 ? null : cat([.. jobs.Select(job => ReferenceOf(job.Plan.Reference!))], 0);
        var model = _store.Get(_parts.TransformerPart);
        SetLoras(model, jobs[0].Plan);

        var ids = LatentPacking.ImageIds(height, width);
        if (references is not null)
        {
            ids = cat(
                [ids, LatentPacking.ImageIds(key.ReferenceHeight / _parts.Autoencoder.Downscale, key.ReferenceWidth / _parts.Autoencoder.Downscale, axis0: 1)],
                0);
        }
        var prompt = Features(jobs.Select(job => job.Prompt), model.Dtype);
        return new Denoising
        {
            Latents = latents,
            Prompt = prompt,
            Negative = key.ClassifierFree ? Features(jobs.Select(job => job.Negative!), model.Dtype) : null,
            CfgScale = key.ClassifierFree ? Scales(job => job.Plan.CfgScale) : null,
            Guidance = _parts.Transformer.GuidanceEmbeds ? Scales(job => job.Plan.GuidanceScale) : null,
            Reference = references?.to(model.Dtype),
            Rope = RotaryTable.For(_parts.Transformer, (int)prompt.Text.shape[1], ids, _parts.Device),
        };

        Tensor Scales(Func<PaintJob, double> scaleOf) => tensor(jobs.Select(job => (float)scaleOf(job)).ToArray(), device: _parts.Device);
    }

    private Tensor StartOf(PaintJob job, FlowMatchSchedule schedule, int height, int width)
    {
        using var start = new LatentStart(job.Plan.Request.Seed, _parts.Autoencoder.LatentChannels, height, width);
        if (job.Plan.Request.Start is not { } image) return start.FromNothing();
        using var scope = NewDisposeScope();
        var vae = _store.Get(_parts.AutoencoderPart);
        var resized = ImageTensors.FromImage(ImageTensors.Resize(image, job.Plan.Key.Width, job.Plan.Key.Height));
        using var posterior = vae.Encode(resized.to(vae.Dtype, _parts.Device));
        return start.FromImage(vae, posterior, schedule.Sigmas[job.Plan.Key.FirstStep]).MoveToOuterDisposeScope();
    }

    private Tensor ReferenceOf(RgbImage image)
    {
        using var scope = NewDisposeScope();
        var vae = _store.Get(_parts.AutoencoderPart);
        using var posterior = vae.Encode(ImageTensors.FromImage(image).to(vae.Dtype, _parts.Device));
        return LatentPacking.Pack(vae.Scale(posterior.Mean)).MoveToOuterDisposeScope();
    }

    private PromptEmbedding Features(IEnumerable<string> prompts, ScalarType dtype)
    {
        var joined = PromptEmbedding.Join([.. prompts.Select(
            prompt => _prompts.TryGet(prompt, out var features) ? features! : throw new InvalidOperationException("A prompt was not read."))]);
        return new PromptEmbedding(joined.Text.to(dtype), joined.Pooled.to(dtype));
    }

    private void SetLoras(FluxTransformer model, ImagePlan plan)
    {
        if (ReferenceEquals(_loras.Model, model) && string.Equals(_loras.Key, plan.Key.Loras, StringComparison.Ordinal)) return;
        if (!ReferenceEquals(_loras.Model, model) && plan.Key.Loras.Length == 0)
        {
            (_loras, _loraWarnings) = ((model, ""), []);
            return;
        }

        var files = new List<(LoraFile File, double Strength)>();
        try
        {
            foreach (var lora in plan.Request.Loras) files.Add((LoraFile.Open(lora.Path, _parts.Transformer), lora.Strength));
            model.SetLoras(files);
            _loras = (model, plan.Key.Loras);
            _loraWarnings = [.. files.Where(entry => entry.File.Skipped.Count > 0)
                .Select(entry =>
                    $"The LoRA {Path.GetFileName(entry.File.Path)} also changes text encoders ({entry.File.Skipped.Count} tensors, such as "
                        + $"{entry.File.Skipped[0]}): that part is not applied.")];
        }
        finally
        {
            foreach (var (file, _) in files) file.Dispose();
        }
    }

    /// <summary>
    /// The denoised, packed latents of the jobs that were not cancelled; <paramref name="jobs"/> then holds those jobs. Null if none remains.
    /// </summary>
    private Tensor? Denoise(ref IReadOnlyList<PaintJob> jobs, Denoising batch, FlowMatchSchedule schedule, CancellationToken stop)
    {
        using var rope = batch.Rope;
        var model = _store.Get(_parts.TransformerPart);
        for (var step = jobs[0].Plan.Key.FirstStep; step < schedule.Steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            long[] wanted = [.. jobs.Index().Where(entry => entry.Item.IsWanted).Select(entry => (long)entry.Index)];
            if (wanted.Length == 0) return null;
            if (wanted.Length < jobs.Count)
            {
                batch = batch.Keep(batch.Latents, wanted);
                var all = jobs;
                jobs = [.. wanted.Select(row => all[(int)row])];
            }

            var (latents, estimate) = FluxSampler.Step(model, batch, schedule, step);
            foreach (var (row, job) in jobs.Index()) job.Report("sampling", step + 1, schedule.Steps, Preview(job.Plan, estimate, row, step, schedule.Steps));
            batch.Latents.Dispose();
            estimate.Dispose();
            batch = batch with { Latents = latents };
            RequireFinite(latents, model.Dtype, $"latents are not finite numbers after step {step + 1} of {schedule.Steps}");
        }

        return batch.Latents;
    }

    // They would silently become black pixels.
    private static void RequireFinite(Tensor values, ScalarType dtype, string fault)
    {
        using var scope = NewDisposeScope();
        if (values.isfinite().all().item<bool>()) return;
        throw new InvalidDataException(
            $"The {fault} ({dtype}): the weights are damaged or scaled otherwise than they say, a LoRA is too strong, or the numbers are too large for the "
                + "type; try dtype=bfloat16 or float32.");
    }

    private DataContent? Preview(ImagePlan plan, Tensor estimate, int row, int step, int steps)
    {
        var previews = plan.Request.Previews;
        if (previews == 0 || plan.Request.Progress is null || step + 1 == steps || (step + 1) * previews / steps == step * previews / steps) return null;
        using var scope = NewDisposeScope();
        if (_preview is null)
        {
            var vae = _store.Get(_parts.AutoencoderPart);
            _preview = LatentPreview.Fit(vae, vae.Dtype, _parts.Device);
        }

        var (height, width) = (plan.Key.Height / _parts.Autoencoder.Downscale, plan.Key.Width / _parts.Autoencoder.Downscale);
        var latents = LatentPacking.Unpack(estimate.narrow(0, row, 1), height, width).squeeze(0);
        return new DataContent(ImageTensors.ToPng(_preview.Render(latents)), "image/png");
    }

    private void Decode(IReadOnlyList<PaintJob> jobs, Tensor packed, CancellationToken stop)
    {
        var key = jobs[0].Plan.Key;
        var vae = _store.Get(_parts.AutoencoderPart);
        var latents = LatentPacking.Unpack(packed, key.Height / _parts.Autoencoder.Downscale, key.Width / _parts.Autoencoder.Downscale).to(vae.Dtype);
        var atOnce = (int)Math.Max(PixelsAtOnce / ((long)key.Width * key.Height), 1);
        for (var first = 0; first < jobs.Count; first += atOnce)
        {
            stop.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var count = Math.Min(atOnce, jobs.Count - first);
            var images = _tiles.Decode(vae, vae.Unscale(latents.narrow(0, first, count)));
            RequireFinite(images, vae.Dtype, "pixels are not finite numbers after decoding");
            for (var row = 0; row < count; row++)
            {
                var job = jobs[first + row];
                IEnumerable<string> unread = job.NegativeIds is null ? [] : job.NegativeIds.Warnings().Select(warning => "Negative prompt: " + warning);
                job.Finish(new FluxImage(
                    ImageTensors.ToImage(images[row]),
                    job.Plan.Request.Seed,
                    [.. job.Plan.Warnings, .. job.PromptIds.Warnings(), .. unread, .. _loraWarnings]));
            }
        }
    }
}
