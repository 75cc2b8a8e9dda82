using GenAgent.Engines.Weights;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Trajectories;
using static TorchSharp.torch;

namespace GenAgent.Engines.Tests.Weights;

/// <summary>Weights that differ from the embedded agent's, as folders, and what a model with them says.</summary>
internal sealed class TestWeights : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>All weights, or an adapter: another one for each version.</summary>
    public EngineWeights Write(int version, bool isAdapter = false)
    {
        var folder = Path.Combine(_folder.Path, $"step-{version}");
        using var frozen = no_grad();
        using var model = Qwen25VLCheckpoint.Load(TestEngine.Folder);
        if (isAdapter)
        {
            using var adapter = LoraAdapter.Create(model, new LoraOptions { Rank = 2, Alpha = 4, TargetModules = ["q_proj", "v_proj"] }, seed: 1);
            foreach (var up in adapter.Parameters.Values) up.add_(full_like(up, 0.02f * version));
            adapter.Save(folder);
        }
        else
        {
            foreach (var matrix in model.parameters().Where(parameter => parameter.dim() > 1)) matrix.add_(matrix.mul(full_like(matrix, 0.03f * version)));
            Qwen25VLCheckpoint.Save(model, folder);
        }

        return new EngineWeights(folder, $"{version}", isAdapter);
    }

    /// <summary>What a model in this process says with the weights.</summary>
    public static async Task<TokenTrace> SayAsync(EngineWeights weights)
    {
        var options = new TorchChatClientOptions { ModelId = "policy", Sampling = TestEngine.Plain };
        using var client = weights.IsAdapter
            ? TorchChatClient.Load(TestEngine.Folder, options: options, adapter: weights.Folder)
            : TorchChatClient.Load(Complete(weights.Folder), options: options);
        return await TestEngine.TalkAsync(client);
    }

    public void Dispose() => _folder.Dispose();

    private static string Complete(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(TestEngine.Folder, "*.json").Where(file => Path.GetFileName(file) is not "config.json"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        return folder;
    }
}
