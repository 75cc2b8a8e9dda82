using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>How <see cref="WeightLoader"/> matches a checkpoint's names to a model's names.</summary>
public sealed record WeightLoadOptions
{
    /// <summary>Gives the model's name for a checkpoint's name, or null to skip that tensor; by default the name itself.</summary>
    public Func<string, string?>? Rename { get; init; }

    /// <summary>Says which names of the model may be missing from the checkpoint (a tied head); by default none.</summary>
    public Func<string, bool>? MayBeMissing { get; init; }

    /// <summary>Says which names of the checkpoint, as on disk, may be unused; by default none.</summary>
    public Func<string, bool>? MayBeUnexpected { get; init; }
}

/// <summary>Fills a model's tensors from a checkpoint: all of them or, if names or shapes do not match, none.</summary>
public static class WeightLoader
{
    /// <summary>Fills all parameters and persistent buffers of a module; types and devices stay those of the module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="source">The weights.</param>
    /// <param name="options">How names come together; null for the same names.</param>
    /// <returns>The names of the model that the checkpoint does not have and that <see cref="WeightLoadOptions.MayBeMissing"/> allows.</returns>
    /// <exception cref="WeightMismatchException">Names are missing or unexpected, or shapes differ; lists them all.</exception>
    public static IReadOnlyList<string> Load(nn.Module module, IWeightSource source, WeightLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Load(module.state_dict(), source, options);
    }

    /// <summary>Fills named tensors; types and devices stay those of the tensors.</summary>
    /// <param name="targets">The tensors by name.</param>
    /// <param name="source">The weights.</param>
    /// <param name="options">How names come together; null for the same names.</param>
    /// <returns>The names that the checkpoint does not have and that <see cref="WeightLoadOptions.MayBeMissing"/> allows.</returns>
    /// <exception cref="WeightMismatchException">Names are missing or unexpected, or shapes differ; lists them all.</exception>
    public static IReadOnlyList<string> Load(IReadOnlyDictionary<string, Tensor> targets, IWeightSource source, WeightLoadOptions? options = null)
    {
        var (plan, absent) = PlanAll(targets, source, options ?? new WeightLoadOptions());
        foreach (var (name, entry) in plan) source.ReadInto(entry.Name, targets[name]);
        return absent;
    }

    /// <summary>
    /// Fails as <see cref="Load(nn.Module, IWeightSource, WeightLoadOptions?)"/> would, without reading a weight. The module may be on the device
    /// <c>meta</c>, where it takes no memory.
    /// </summary>
    /// <exception cref="WeightMismatchException">Names are missing or unexpected, or shapes differ; lists them all.</exception>
    internal static void Check(nn.Module module, IWeightSource source, WeightLoadOptions? options = null) =>
        PlanAll(module.state_dict(), source, options ?? new WeightLoadOptions());

    /// <summary>Which tensor of a checkpoint fills which of a model, by the model's names.</summary>
    /// <exception cref="WeightMismatchException">Names are missing or unexpected, or shapes differ; lists them all.</exception>
    internal static IReadOnlyDictionary<string, TensorEntry> Plan(
        IReadOnlyDictionary<string, Tensor> targets, IWeightSource source, WeightLoadOptions? options) =>
        PlanAll(targets, source, options ?? new WeightLoadOptions()).Plan;

    private static (Dictionary<string, TensorEntry> Plan, IReadOnlyList<string> Absent) PlanAll(
        IReadOnlyDictionary<string, Tensor> targets, IWeightSource source, WeightLoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(source);
        var plan = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        var unexpected = new List<string>();
        var mismatched = new List<ShapeMismatch>();
        foreach (var entry in source.Entries.Values)
        {
            var name = options.Rename is null ? entry.Name : options.Rename(entry.Name);
            if (name is null)
            {
                continue;
            }

            if (!targets.TryGetValue(name, out var target))
            {
                if (options.MayBeUnexpected?.Invoke(entry.Name) is not true)
                {
                    unexpected.Add(entry.Name);
                }
            }
            else if (!plan.TryAdd(name, entry))
            {
                throw new SafetensorsException($"{source.Location}: \"{plan[name].Name}\" and \"{entry.Name}\" are both renamed to \"{name}\".");
            }
            else if (!entry.Shape.SequenceEqual(target.shape))
            {
                mismatched.Add(new ShapeMismatch(entry.Name, target.shape, entry.Shape));
            }
        }

        var absent = targets.Keys.Where(name => !plan.ContainsKey(name)).ToList();
        var missing = absent.FindAll(name => options.MayBeMissing?.Invoke(name) is not true);
        if (missing.Count + unexpected.Count + mismatched.Count > 0)
        {
            throw new WeightMismatchException(source.Location, missing, unexpected, mismatched);
        }

        return (plan, absent);
    }
}
