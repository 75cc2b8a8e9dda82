namespace GenAgent.Torch.Safetensors;

/// <summary>
/// Ways of PEFT to begin an adapter (<c>init_lora_weights</c>) that change the model's own weights, so that the adapter is for a model that nobody has.
/// </summary>
internal static class PeftInit
{
    /// <summary>The field's name.</summary>
    public const string Field = "init_lora_weights";

    // PEFT subtracts the first product from the weights: pissa and pissa_niter_16, olora, corda, lora_ga.
    private static readonly string[] Changing = ["pissa", "olora", "corda", "lora_ga"];

    /// <summary>What is wrong with an adapter that was begun in this way; null if it is for the unchanged model.</summary>
    /// <param name="way">How the adapter was begun; null where its file does not say by a name.</param>
    public static string? Fault(string? way) =>
        way is not null && Array.Exists(Changing, start => way.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            ? $"\"{Field}\" is \"{way}\", so the adapter is for weights that PEFT changed when training began, not for the model as it is published: save it "
                + "as a plain LoRA (save_pretrained with path_initial_model_for_weight_conversion), or merge it."
            : null;
}
