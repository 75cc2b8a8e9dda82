using GenAgent.Torch.Native;

namespace GenAgent.Cli.Doctor;

/// <summary>Whether libtorch loads, which local models and training need.</summary>
internal sealed class TorchCheck : ICheck
{
    public string Name => "libtorch";

    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var report = await Task.Run(TorchNative.Describe, cancellationToken);
        return report.State == TorchNativeState.Failed
            ? Finding.Fault(report.Explanation, "Backends over HTTP work without it. For local models and training, do what the sentence before says.")
            : Finding.Ok(report.Explanation);
    }
}
