namespace TinySD.Runtime.Models;

/// <summary>How a decoder's first state is made of its encoder's last.</summary>
public enum BridgeKind
{
    /// <summary>Layer for layer as it is, both directions side by side: as many layers, and as wide.</summary>
    Copy,

    /// <summary>h0 = tanh(h W + b) in each layer, from the encoder's layer as far up, or its top one; of an LSTM c0 likewise.</summary>
    Dense,
}
