using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>
/// Several <see cref="Linear"/> maps of one input, computed as one: the outputs are concatenated in the last dimension, in the members' order. Frozen
/// members keep their parameters and names, but these become views of one block of memory, so nothing is stored twice and writing to a parameter writes to
/// the block.
/// </summary>
/// <remarks>
/// Trainable members stay where they are, because an optimizer may keep them in its own memory: each call concatenates their weights, and autograd splits
/// the gradient. Moving members to another device or dtype replaces their parameters; the next call detects that and packs them again.
/// </remarks>
internal sealed class LinearGroup : IDisposable
{
    private readonly Linear[] _members;
    private readonly Parameter[] _packed;
    private Tensor? _weight;
    private Tensor? _bias;

    public LinearGroup(params Linear[] members)
    {
        _members = members;
        _packed = new Parameter[members.Length];
        if (members.Any(member => member.Bias is null)) throw new ArgumentException("Every member of a group needs a bias.", nameof(members));
    }

    public Tensor Forward(Tensor input)
    {
        if (Array.Exists(_members, member => member.Adapter is not null || member.Packed is not null)) return ForwardEach(input);
        if (Array.Exists(_members, member => member.Weight.requires_grad))
        {
            Dispose();
            return ForwardJoined(input);
        }

        Pack();
        return nn.functional.linear(input, _weight!, _bias);
    }

    private Tensor ForwardEach(Tensor input)
    {
        using var scope = NewDisposeScope();
        return cat([.. _members.Select(member => member.forward(input))], -1).MoveToOuterDisposeScope();
    }

    private Tensor ForwardJoined(Tensor input)
    {
        using var scope = NewDisposeScope();
        var weight = cat([.. _members.Select(member => member.Weight)], 0);
        var bias = cat([.. _members.Select(member => member.Bias!)], 0);
        return nn.functional.linear(input, weight, bias).MoveToOuterDisposeScope();
    }

    private void Pack()
    {
        if (IsPacked()) return;
        Dispose();
        using var scope = NewDisposeScope();
        using var noInference = inference_mode(false);
        using var noGradients = no_grad();
        _weight = PackInto([.. _members.Select(member => member.Weight)]);
        _bias = PackInto([.. _members.Select(member => member.Bias!)]);
        for (var index = 0; index < _members.Length; index++) _packed[index] = _members[index].Weight;
    }

    private bool IsPacked()
    {
        if (_weight is null) return false;
        for (var index = 0; index < _members.Length; index++)
        {
            if (!ReferenceEquals(_packed[index], _members[index].Weight)) return false;
        }

        return true;
    }

    private static Tensor PackInto(Parameter[] parameters)
    {
        var rows = parameters.Sum(parameter => parameter.shape[0]);
        var block = empty([rows, .. parameters[0].shape[1..]], dtype: parameters[0].dtype, device: parameters[0].device);
        var row = 0L;
        foreach (var parameter in parameters)
        {
            var slice = block.narrow(0, row, parameter.shape[0]);
            slice.copy_(parameter);
            parameter.set_(slice);
            row += parameter.shape[0];
        }

        return block.DetachFromDisposeScope();
    }

    public void Dispose()
    {
        _weight?.Dispose();
        _bias?.Dispose();
        _weight = _bias = null;
    }
}
