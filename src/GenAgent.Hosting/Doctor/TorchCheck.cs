using GenAgent.Torch.Native;

namespace GenAgent.Hosting.Doctor;

/// <summary>Whether libtorch loads, which local models and training need.</summary>
public sealed class TorchCheck : ICheck
{
    /// <inheritdoc/>
    public string Name => "libtorch";

    /// <inheritdoc/>
    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var report = await Task.Run(TorchNative.Describe, cancellationToken);
        return report.State == TorchNativeState.Failed
            ? Finding.Fault(report.Explanation, "Backends over HTTP work without it. For local models and training, do what the sentence before says.")
            : Finding.Ok(report.Explanation);
    }
}
