using System.Text.Json.Serialization;

namespace GenAgent.Torch.Flux.Sampling;

/// <summary>The noise levels of a <see cref="FlowMatchSchedule"/>, as <c>scheduler/scheduler_config.json</c> of a diffusers folder says them.</summary>
public sealed record FlowMatchSchedulerConfig : IModelConfig
{
    /// <summary>The class that diffusers builds from this file.</summary>
    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "FlowMatchEulerDiscreteScheduler";

    /// <summary>Number of timesteps in training; the transformer's timestep is sigma, which is 1000 sigma in the scheduler's terms.</summary>
    [JsonPropertyName("num_train_timesteps")]
    public int NumTrainTimesteps { get; init; } = 1000;

    /// <summary>Static shift of the sigmas towards noise, used where <see cref="UseDynamicShifting"/> is off; 1 shifts nothing.</summary>
    [JsonPropertyName("shift")]
    public double Shift { get; init; } = 1;

    /// <summary>Whether the shift depends on the image's size (FLUX.1-dev).</summary>
    [JsonPropertyName("use_dynamic_shifting")]
    public bool UseDynamicShifting { get; init; }

    /// <summary>Dynamic shift at <see cref="BaseImageSeqLen"/> tokens.</summary>
    [JsonPropertyName("base_shift")]
    public double? BaseShift { get; init; } = 0.5;

    /// <summary>Dynamic shift at <see cref="MaxImageSeqLen"/> tokens.</summary>
    [JsonPropertyName("max_shift")]
    public double? MaxShift { get; init; } = 1.15;

    /// <summary>See <see cref="BaseShift"/>.</summary>
    [JsonPropertyName("base_image_seq_len")]
    public int? BaseImageSeqLen { get; init; } = 256;

    /// <summary>See <see cref="MaxShift"/>.</summary>
    [JsonPropertyName("max_image_seq_len")]
    public int? MaxImageSeqLen { get; init; } = 4096;

    /// <summary>Form of the dynamic shift: <c>exponential</c> (FLUX.1) or <c>linear</c>.</summary>
    [JsonPropertyName("time_shift_type")]
    public string TimeShiftType { get; init; } = "exponential";

    /// <summary>The value that the last sigma before 0 is stretched to; null, as in FLUX.1, for no stretching.</summary>
    [JsonPropertyName("shift_terminal")]
    public double? ShiftTerminal { get; init; }

    /// <summary>Not supported; a config that sets it is rejected.</summary>
    [JsonPropertyName("use_karras_sigmas")]
    public bool? UseKarrasSigmas { get; init; }

    /// <summary>Not supported; a config that sets it is rejected.</summary>
    [JsonPropertyName("use_exponential_sigmas")]
    public bool? UseExponentialSigmas { get; init; }

    /// <summary>Not supported; a config that sets it is rejected.</summary>
    [JsonPropertyName("use_beta_sigmas")]
    public bool? UseBetaSigmas { get; init; }

    /// <summary>Not supported; a config that sets it is rejected.</summary>
    [JsonPropertyName("invert_sigmas")]
    public bool? InvertSigmas { get; init; }

    /// <summary>Not supported; a config that sets it is rejected.</summary>
    [JsonPropertyName("stochastic_sampling")]
    public bool? StochasticSampling { get; init; }

    /// <summary>The problems with the values, one sentence each; empty if the schedule can be made.</summary>
    /// <returns>A sentence for each problem; empty for none.</returns>
    public IEnumerable<string> Faults()
    {
        if (ClassName is not "FlowMatchEulerDiscreteScheduler")
        {
            yield return $"\"_class_name\" is \"{ClassName}\"; only FlowMatchEulerDiscreteScheduler is known.";
        }
        if (TimeShiftType is not ("exponential" or "linear")) yield return $"\"time_shift_type\" is \"{TimeShiftType}\"; use \"exponential\" or \"linear\".";
        if (Shift <= 0) yield return $"\"shift\" is {Shift}; it must be above 0.";
        if (NumTrainTimesteps < 1) yield return $"\"num_train_timesteps\" is {NumTrainTimesteps}; it must be 1 or more.";
        if (BaseImageSeqLen is { } least && MaxImageSeqLen is { } most && least >= most)
        {
            yield return $"\"base_image_seq_len\" is {least}, which is not below \"max_image_seq_len\", {most}.";
        }
        foreach (var (name, on) in new[]
        {
            ("use_karras_sigmas", UseKarrasSigmas), ("use_exponential_sigmas", UseExponentialSigmas), ("use_beta_sigmas", UseBetaSigmas),
            ("invert_sigmas", InvertSigmas), ("stochastic_sampling", StochasticSampling),
        })
        {
            if (on == true) yield return $"\"{name}\" is true; FLUX.1 does not use it and it is not supported.";
        }
    }
}
